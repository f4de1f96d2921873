from __future__ import annotations

import json

import pytest

from nas.errors import EncodingError
from search_spaces.cells.genotype import (
    Edge,
    Genotype,
    check_blocks,
    check_operations,
    unused_states,
)

BLOCK = (Edge("sep_conv_3x3", 0), Edge("skip_connect", 1))
NEXT = (Edge("sep_conv_3x3", 2), Edge("skip_connect", 1))
GENOTYPE = Genotype(
    normal=(BLOCK, NEXT), normal_concat=(2, 3), reduce=(BLOCK, NEXT), reduce_concat=(3,)
)


def altered(**changes):
    return json.dumps({**json.loads(GENOTYPE.to_json()), **changes})


def test_json_is_one_line_of_the_published_form():
    text = GENOTYPE.to_json()
    assert "\n" not in text
    assert json.loads(text)["normal"][0] == [["sep_conv_3x3", 0], ["skip_connect", 1]]
    assert Genotype.from_json(text) == GENOTYPE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sep_conv_3x3", "as a JSON object"),
        ("[]", "as a JSON object"),
        ('{"normal": []}', r"got \['normal'\]"),
        (altered(auxiliary=1), "auxiliary"),
        (altered(normal=[]), "normal: expected a list of blocks"),
        (altered(normal=[[["a", 0]]]), r"normal\[0\]: expected two"),
        (altered(reduce=[[["a", 0], ["b"]]]), r"reduce\[0\]\[1\]: expected \[operation, state\]"),
        (altered(reduce=[[["a", True], ["b", 0]]]), r"reduce\[0\]\[0\]: expected"),
        (altered(normal=[[["a", 0], ["b", 2]]]), r"normal\[0\]\[1\]: state 2 .* 0 to 1"),
        (altered(normal=[[["a", -1], ["b", 1]]]), r"normal\[0\]\[0\]: state -1"),
        (altered(normal_concat=[]), "normal_concat: expected distinct states from 0 to 3"),
        (altered(normal_concat=[2, 2]), "normal_concat"),
        (altered(reduce_concat=[4]), "reduce_concat"),
        (altered(reduce_concat="23"), "reduce_concat"),
    ],
)
def test_malformed_text_says_where(text, message):
    with pytest.raises(EncodingError, match=message):
        Genotype.from_json(text)


def test_unknown_operation_suggests_the_nearest():
    with pytest.raises(EncodingError, match=r"normal\[0\]\[0\].*Did you mean 'sep_conv_5x5'"):
        check_operations(GENOTYPE, ["sep_conv_5x5", "skip_connect"])


def test_number_of_blocks():
    check_blocks(GENOTYPE, 2)
    with pytest.raises(EncodingError, match="normal: expected 4 blocks, got 2"):
        check_blocks(GENOTYPE, 4)


def test_unused_states():
    assert unused_states(GENOTYPE.normal) == (3,)
    assert unused_states((BLOCK,)) == (2,)
    assert unused_states(((Edge("a", 0), Edge("b", 0)),)) == (1, 2)
