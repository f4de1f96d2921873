from __future__ import annotations

import pytest

from benchmarks.ranking.sample import draw, everything
from benchmarks.ranking.table import published
from tests.hypernets.hypernet_toys import tiny_space

ONE = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|"
TWIN = "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"
OTHER = "|skip_connect~0|+|none~0|none~1|+|none~0|nor_conv_1x1~1|none~2|"
TABLE = {ONE: 0.8, OTHER: 0.7, TWIN: 0.9}


def test_the_published_table_speaks_the_notation_of_the_space():
    """15,625 cells, 94.37 % the best of them (Dong & Yang 2020, table 5)."""
    table = published()
    space = tiny_space()
    assert len(table) == space.size()
    assert round(100 * max(table.values()), 2) == 94.37
    text = max(table, key=lambda notation: table[notation])
    assert space.encode(space.decode(text)) == text


def test_isomorphic_cells_are_scored_once_and_share_the_score():
    sample = everything(tiny_space(), TABLE)
    assert [one.architecture for one in sample.distinct] == [ONE, OTHER]
    assert sample.shared(["conv", "point"]) == ["conv", "point", "conv"]
    assert sample.truth == (0.8, 0.7, 0.9)


def test_a_smaller_sample_keeps_the_order():
    sample = everything(tiny_space(), TABLE).first(2)
    assert (len(sample), sample.truth) == (2, (0.8, 0.7))


def test_draws_differ_by_seed_and_nothing_is_drawn_twice():
    one, same, other = (draw(tiny_space(), published(), 50, seed) for seed in (1, 1, 2))
    assert len({candidate.architecture for candidate in one.candidates}) == 50
    assert one.digest == same.digest != other.digest


def test_a_table_can_run_out():
    with pytest.raises(SystemExit, match="holds 3"):
        draw(tiny_space(), TABLE, 4, 0)
