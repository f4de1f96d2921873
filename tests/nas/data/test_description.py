from __future__ import annotations

import json
from dataclasses import replace

import pytest

from nas.data.catalog import load
from nas.data.dataset import Dataset, Targets
from nas.data.description import Description
from nas.errors import NasError
from tests.nas.training.train_toys import toy_data


def regression() -> Dataset:
    return replace(toy_data(), targets=Targets(("age",), (40.0,), (2.5,)))


def named() -> Dataset:
    return replace(toy_data(), class_names=("a", "b", "c"))


@pytest.mark.parametrize(
    "data", [toy_data(), named(), regression(), load("digits-knn")], ids=lambda data: data.name
)
def test_metadata_are_read_as_they_were_written(data: Dataset) -> None:
    written = Description.of(data)
    assert Description.read(written.metadata()) == written


def test_files_without_a_task_have_no_description() -> None:
    assert Description.read({"dataset": '"digits"', "digest": "00"}) is None


@pytest.mark.parametrize(
    "damage", [{"task": "{"}, {"task": "[1]"}, {"task": '{"classes": 0}'}, {"mean": "3"}]
)
def test_damaged_metadata_are_refused(damage: dict[str, str]) -> None:
    metadata = Description.of(toy_data()).metadata()
    with pytest.raises((ValueError, TypeError, NasError)):
        Description.read({**metadata, **damage})


def test_the_resolution_is_that_of_the_network() -> None:
    assert Description.of(toy_data(), 32).metadata()["resolution"] == "32"


def test_nodes_have_classes_but_no_normalisation() -> None:
    found = Description.of(load("digits-knn")).metadata()
    assert found.keys() == {"dataset", "task", "class_names"}


def test_outputs_of_a_regression_are_brought_to_its_units() -> None:
    found = Description.of(regression()).metadata()
    names = ("target_names", "target_mean", "target_std")
    assert [json.loads(found[name]) for name in names] == [["age"], [40.0], [2.5]]
