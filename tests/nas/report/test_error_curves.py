from __future__ import annotations

import re
from xml.etree import ElementTree

from nas.analysis.error_distribution import ErrorDistribution
from nas.report.error_curves import svg_curves, text_curves

GOOD = ErrorDistribution((0.1, 0.2, 0.2, 0.3))
POOR = ErrorDistribution((0.5, 0.6))
SVG = "{http://www.w3.org/2000/svg}"


def test_the_better_space_rises_first() -> None:
    text = text_curves({"good": GOOD, "poor": POOR}, columns=40, rows=9)
    *plot, scale, legend = text.splitlines()
    assert len(plot) == 9
    assert plot[0].startswith("100%")
    assert plot[0].index("o") < plot[0].index("*")
    assert plot[-1].startswith("  0%")
    assert scale.split() == ["8%", "62%"]
    assert legend.split() == ["o", "good", "x", "poor", "*", "several"]


def test_each_column_has_the_share_of_that_error() -> None:
    columns, rows = 21, 11
    *plot, _, _ = text_curves({"poor": POOR}, columns=columns, rows=rows).splitlines()
    for column in range(columns):
        (row,) = (
            index for index, line in enumerate(plot) if line.ljust(5 + columns)[5 + column] == "o"
        )
        error = 0.495 + 0.11 * column / (columns - 1)
        assert row == round((1 - POOR(error)) * (rows - 1))


def test_equal_errors_can_be_drawn() -> None:
    assert "100%" in text_curves({"one": ErrorDistribution((0.25, 0.25))})


def test_the_drawing_has_a_line_with_a_step_for_each_network() -> None:
    root = ElementTree.fromstring(svg_curves({"a<b": GOOD, "c": POOR}))
    lines = [
        [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        for line in root.iter(f"{SVG}polyline")
    ]
    for line, curve in zip(lines, (GOOD, POOR), strict=True):
        assert len(line) == 2 * len(curve.errors) + 2
        assert line == sorted(line, key=lambda point: (point[0], -point[1]))
        assert (line[0][1], line[-1][1]) == (lines[0][0][1], lines[0][-1][1])
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert "a<b, mean 20.0%, least 10.0%" in texts
    assert "error" in texts
    assert len([text for text in texts if re.fullmatch(r"\d+(\.\d)?%", text)]) == 12
