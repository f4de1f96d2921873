from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest

import search_spaces
from cli.space import task_for
from nas.drawing.outline import outline
from nas.drawing.svg_drawing import draw_svg
from nas.drawing.view import View
from nas.graph.builder import GraphBuilder
from nas.space.candidate import sample

if TYPE_CHECKING:
    from nas.graph.graph import Graph

SVG = "{http://www.w3.org/2000/svg}"


def texts(document: str) -> list[str]:
    return [
        "".join(found.itertext()) for found in ElementTree.fromstring(document).iter(f"{SVG}text")
    ]


def drawn(name: str) -> Graph:
    space = search_spaces.get(name, task_for(name))
    return sample(space, np.random.default_rng(2)).network


@pytest.mark.parametrize("name", search_spaces.names())
def test_every_scope_at_the_margin_is_in_the_picture(name: str) -> None:
    graph = drawn(name)
    shown = texts(draw_svg(graph))
    for entry in outline(View(graph)):
        assert any(text.startswith(entry.title) for text in shown), entry.title


def test_everything_lies_on_the_page() -> None:
    document = ElementTree.fromstring(draw_svg(drawn("nasnet")))
    width, height = float(document.attrib["width"]), float(document.attrib["height"])
    corners = list(_corners(document, 0, 0))
    assert len(corners) > 50
    assert all(0 <= x <= width and 0 <= y <= height for x, y in corners)


def _corners(element: ElementTree.Element, x: float, y: float):
    place = element.get("transform", "translate(0 0)").removeprefix("translate(").rstrip(")")
    dx, dy = map(float, place.split())
    x, y = x + dx, y + dy
    for child in element:
        if child.tag == f"{SVG}rect" and "%" not in child.attrib["width"]:
            left, top = x + float(child.get("x", 0)), y + float(child.get("y", 0))
            yield left, top
            yield left + float(child.attrib["width"]), top + float(child.attrib["height"])
        yield from _corners(child, x, y)


def test_repetitions_have_a_badge_and_copies_say_so() -> None:
    shown = texts(draw_svg(drawn("nasnet")))
    assert "×4" in shown
    assert any("like cell" in text for text in shown)


def test_one_arrow_for_each_read() -> None:
    b = GraphBuilder()
    x = b.input((1, 4, 8, 8))
    left, right = b.conv2d(x, 4, name="left"), b.conv2d(x, 4, name="right")
    document = ElementTree.fromstring(draw_svg(b.build(b.add(left, right))))
    arrows = [p for p in document.iter(f"{SVG}path") if p.get("class") == "arrow"]
    assert len(arrows) == 4


def test_names_are_escaped() -> None:
    b = GraphBuilder()
    graph = b.build(b.relu(b.input((1, 4, 8, 8))))
    assert "a < b & c" in texts(draw_svg(graph, title="a < b & c"))
