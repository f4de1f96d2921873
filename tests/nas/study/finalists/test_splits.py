from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from nas.data.catalog import load
from nas.data.found import Found
from nas.errors import ConfigError
from nas.study.finalists.splits import REPEATED, SMALL, splits_of, usual_splits
from nas.study.record.trained import training_key
from tests.nas.study.finalists.fakes import DATA, new_record

if TYPE_CHECKING:
    from nas.data.dataset import Dataset


def images(train: int, val: int, *split_off: str) -> Dataset:
    """A folder of so many images, with splits drawn by seed."""
    sizes = {"train": DATA.train.spread(train), "val": DATA.val.spread(val)}
    return replace(DATA, **sizes, found=Found({"8x8": train + val}, split_off))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (images(SMALL - 21, 20, "val"), REPEATED),
        (images(SMALL - 20, 20, "val"), 1),
        (images(100, 20, "test"), 1),
        (images(100, 20), 1),
        (DATA, 1),
    ],
)
def test_few_images_are_split_several_times_where_the_split_was_drawn(
    data: Dataset, expected: int
) -> None:
    assert usual_splits(data) == expected
    assert splits_of(None, data, new_record()) == expected
    assert splits_of(2, data, new_record()) == 2


def test_a_search_keeps_the_number_it_was_given_last() -> None:
    record, data = new_record(), images(100, 20, "val")
    assert [splits_of(asked, data, record) for asked in (2, None, 1, None)] == [2, 2, 1, 1]


def test_a_search_of_a_former_version_keeps_its_single_split() -> None:
    record, data = new_record(), images(100, 20, "val")
    record.write(training_key("finalist", "a", 3, "default"), 0.5)
    assert splits_of(None, data, record) == 1


def test_a_graph_has_one_split() -> None:
    graph = load("digits-knn")
    drawn = replace(graph, found=Found(split_off=("train", "val", "test")))
    assert usual_splits(drawn) == 1
    assert splits_of(None, graph, new_record()) == 1
    assert splits_of(1, graph, new_record()) == 1
    with pytest.raises(ConfigError, match="splits must be 1 on a graph, got 3"):
        splits_of(3, graph, new_record())
