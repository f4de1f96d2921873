from __future__ import annotations

import json

import pytest

import search_spaces
from cli.architecture import read_architecture
from nas.errors import EncodingError, GraphError, UnknownNameError
from nas.graph.builder import GraphBuilder
from nas.graph.ops.parameter import Constant
from nas.seeding import rng
from nas.space.candidate import sample
from nas.task.task import Task
from tests.cli.program import ARCHITECTURE

DIGITS = Task(classes=10, channels=1, resolution=8)
TINY = "nb201:channels=4,cells=1"


@pytest.fixture
def graph():
    return search_spaces.get(TINY, DIGITS).graph(ARCHITECTURE)


def test_a_notation_is_read_in_its_space(graph):
    assert read_architecture(ARCHITECTURE, TINY, DIGITS) == graph.simplified


@pytest.mark.parametrize(
    "place", ["arch.json", "run/best/architecture.json", "x/architecture.json"]
)
def test_a_graph_file_and_folders_that_hold_one_are_read(place, graph, tmp_path):
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(graph.to_json())
    named = file if place == "arch.json" else tmp_path / place.split("/")[0]

    assert read_architecture(str(named), "nasnet", DIGITS) == graph


def test_a_notation_longer_than_a_file_name_is_no_matter():
    drawn = sample(search_spaces.get("nasnet", DIGITS), rng(0))

    assert len(drawn.architecture) > 255
    assert read_architecture(drawn.architecture, "nasnet", DIGITS) == drawn.network


@pytest.mark.parametrize(
    ("space", "text", "message"),
    [
        ("nasnet", "{bad", "expected a genotype as a JSON object"),
        ("nasnet", "[]", "expected a genotype as a JSON object"),
        ("darts", '{"normal": []}', "expected a genotype as a JSON object"),
        ("darts", json.dumps({"normal": 1, "normal_concat": 1, "reduce": 1, "reduce_concat": 1}),
         "normal: expected a list of blocks, got 1"),
        ("nb201", "|nor_conv_1x1~0|", "expected 3 nodes joined by '+', got 1"),
        ("nb201", ARCHITECTURE.replace("none", "nor_conv"), "unknown operation 'nor_conv'"),
        ("nb201", ARCHITECTURE.replace("~1", "~2"), "expected 'op~1', got 'skip_connect~2'"),
        ("nb201", "", "expected 3 nodes joined by '+', got 1"),
    ],
)  # fmt: skip
def test_a_malformed_notation_names_space_and_fault(space, text, message):
    with pytest.raises(EncodingError) as caught:
        read_architecture(text, space, DIGITS)

    assert f"no architecture of space {space!r}: " in caught.value.message
    assert message in caught.value.message
    assert caught.value.hint


def test_a_file_that_is_not_there_is_not_taken_for_a_notation():
    with pytest.raises(GraphError, match=r"no file 'none/arch\.json'"):
        read_architecture("none/arch.json", TINY, DIGITS)


def test_the_error_of_a_folder_without_an_architecture_names_the_files(tmp_path):
    with pytest.raises(GraphError, match=r"holds neither best/architecture\.json"):
        read_architecture(str(tmp_path), TINY, DIGITS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", '"format": "nas-graph"'),
        (b"text", "no JSON"),
        (b"\xff\xfe\x00", "is no text"),
        (b'{"format": "nas-graph", "version": 99}', "expected graph format version 1, got 99"),
        (b'{"format": "nas-graph", "version": 1}', "lacks the key"),
    ],
)
def test_a_file_that_is_no_graph_is_named_with_its_fault(content, message, tmp_path):
    (tmp_path / "arch.json").write_bytes(content)
    with pytest.raises(GraphError) as caught:
        read_architecture(str(tmp_path / "arch.json"), TINY, DIGITS)

    assert "arch.json" in caught.value.message
    assert message in caught.value.message
    assert caught.value.hint


def test_an_unknown_space_of_a_notation_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'nb201'"):
        read_architecture(ARCHITECTURE, "nb20", DIGITS)


def test_a_notation_of_another_space_says_which():
    with pytest.raises(EncodingError, match="no architecture of space 'nasnet'") as caught:
        read_architecture(ARCHITECTURE, "nasnet", DIGITS)

    assert caught.value.hint == "Add --space nb201."
    assert "JSON" not in caught.value.message


def test_the_error_of_an_unknown_notation_does_not_quote_the_json_parser():
    with pytest.raises(EncodingError) as caught:
        read_architecture("nonsense", "nasnet", DIGITS)

    assert "got 'nonsense'" in caught.value.message
    assert "line 1 column" not in caught.value.message


def test_a_graph_whose_fixed_tensors_are_elsewhere_is_refused(tmp_path):
    b = GraphBuilder()
    x = b.input((1, 1, 8, 8))
    offset = b.op(Constant(shape=(1, 1, 8, 8)))
    graph = b.build(b.classifier(b.add(x, offset), 10))
    (tmp_path / "arch.json").write_text(graph.to_json())
    with pytest.raises(GraphError, match="whose numbers are not in the file"):
        read_architecture(str(tmp_path / "arch.json"), TINY, DIGITS)
