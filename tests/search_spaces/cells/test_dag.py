from __future__ import annotations

import pytest

from nas.errors import EncodingError
from search_spaces.cells.dag import Dag

OPERATIONS = ("conv", "pool")
PRUNED = Dag(operations=("conv", "pool"), sources=((0,), (0, 1), (1, 2)))


def test_text_is_read_as_it_was_written():
    text = "conv~0+pool~0,1+output~1,2"
    assert Dag.from_text(text, OPERATIONS) == PRUNED
    assert PRUNED.to_text() == text
    assert Dag.from_text(" conv~0+pool~1,0+output~2,1\n", OPERATIONS) == PRUNED
    assert PRUNED.edges == 5


def test_vertices_on_no_path_are_dropped_and_the_others_numbered_anew():
    # 2 is read by none, 3 reads only 2, and 5 has no source.
    sources = [(0,), (0,), (2,), (0, 1), (), (1, 4, 5)]
    assert Dag.pruned(("conv", "conv", "pool", "pool", "conv"), sources) == PRUNED


def test_a_cell_without_a_path_is_none():
    with pytest.raises(EncodingError, match="no path leads from the input"):
        Dag.pruned(("conv",), [(0,), ()])


def test_input_and_output_alone():
    alone = Dag.from_text("output~0", OPERATIONS)
    assert alone == Dag(operations=(), sources=((0,),))
    assert alone.widths(8) == ()


@pytest.mark.parametrize(
    ("text", "channels", "widths"),
    [
        ("conv~0+conv~1+output~2", 16, (16, 16)),
        ("conv~0+conv~0+output~1,2", 15, (8, 7)),
        ("conv~0+conv~0+conv~0+output~1,2,3", 8, (3, 3, 2)),
        ("conv~0+conv~1+conv~1+output~2,3", 9, (5, 5, 4)),
        ("conv~0+conv~1+conv~0,2+output~1,3", 15, (8, 7, 7)),
        ("conv~0+output~0,1", 8, (8,)),
    ],
)
def test_widths_are_those_of_the_benchmark(text, channels, widths):
    """Cases of the authors' program: ``compute_vertex_channels`` in model_builder_test.py."""
    assert Dag.from_text(text, OPERATIONS).widths(channels) == widths


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "vertex 1, '': expected an operation and its sources"),
        ("conv~0", "vertex 1, 'conv~0': expected output, got 'conv'"),
        ("cnv~0+output~1", "vertex 1, 'cnv~0': expected conv or pool, got 'cnv'.*Did you mean"),
        ("conv~0+output", "vertex 2, 'output': expected an operation and its sources"),
        ("conv~1+output~1", "vertex 1, 'conv~1': .* from 0 to 0, got '1'"),
        ("conv~0+output~1,1", "vertex 2, .* different earlier vertices, from 0 to 1, got '1,1'"),
        ("conv~+output~1", "vertex 1, 'conv~': expected different earlier vertices"),
        ("conv~00+output~1", "vertex 1, 'conv~00': expected different earlier vertices"),
    ],
)
def test_malformed_text_names_the_fault_and_its_place(text, message):
    with pytest.raises(EncodingError, match=message):
        Dag.from_text(text, OPERATIONS)
