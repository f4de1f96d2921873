from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nas.data.catalog import load
from nas.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def pets(count: int, seed: int = 0) -> Any:
    """Random pictures, half of cats and half of dogs."""
    datasets = pytest.importorskip("datasets")
    draw = np.random.default_rng(seed)
    kinds = {"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])}
    images = [draw.integers(0, 256, (8, 8, 3), dtype=np.uint8) for _ in range(count)]
    return datasets.Dataset.from_dict(
        {"image": images, "label": [at % 2 for at in range(count)]},
        features=datasets.Features(kinds),
    )


def test_a_single_data_set_is_split(tmp_path: Path) -> None:
    pets(40).save_to_disk(tmp_path / "pets")
    data = load(tmp_path / "pets")
    assert (data.name, data.class_names) == ("pets", ("cat", "dog"))
    assert [len(part) for part in (data.train, data.val, data.test)] == [28, 4, 8]
    assert data.task.resolution == 8
    assert load(tmp_path / "pets").fingerprint == data.fingerprint


def test_a_data_set_of_splits_keeps_them(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    parts = {"train": pets(20), "validation": pets(10, 1), "test": pets(12, 2)}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "pets")
    data = load(tmp_path / "pets")
    assert [len(part) for part in (data.train, data.val, data.test)] == [20, 10, 12]
    datasets.DatasetDict({"all": pets(20)}).save_to_disk(tmp_path / "other")
    with pytest.raises(DataError, match="has the split 'all', expected one of train"):
        load(tmp_path / "other")


def test_damaged_folders_are_refused(tmp_path: Path) -> None:
    pets(40).save_to_disk(tmp_path / "pets")
    (tmp_path / "pets/state.json").write_text("{}")
    with pytest.raises(DataError, match="as a folder of Hugging Face"):
        load(tmp_path / "pets")


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dataset_dict.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match="needs the package datasets") as caught:
        load(tmp_path)
    assert "to_parquet" in caught.value.hint
