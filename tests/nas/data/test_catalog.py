from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nas.data.catalog import DATASETS, load
from nas.errors import ConfigError, DataError, UnknownNameError
from nas.events import Noted
from tests.nas.data.pictures import cifar_batches, paint_classes

if TYPE_CHECKING:
    from pathlib import Path

    from nas.events import Event


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))


def test_every_entry_says_what_it_is_and_where_it_is_from() -> None:
    for name in DATASETS:
        assert DATASETS.get(name).description
        assert DATASETS.get(name).source


def test_a_name_passes_the_seed_on() -> None:
    prints = [load("digits", seed=seed).fingerprint for seed in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]


def test_a_name_that_is_near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError, match=r"unknown data set 'digit'.*Did you mean 'digits'"):
        load("digit")


def test_the_directory_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cifar_batches(tmp_path / "here" / "cifar-10-batches-py")
    monkeypatch.setenv("NAS_DATA_DIR", str(tmp_path / "here"))
    assert load("cifar10").task.classes == 10
    with pytest.raises(DataError, match="elsewhere"):
        load("cifar10", data_dir=tmp_path / "elsewhere")


def test_a_path_in_words_or_as_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = paint_classes(tmp_path / "pets", 20)
    monkeypatch.chdir(tmp_path)
    assert load("pets").fingerprint == load(folder).fingerprint == load(str(folder)).fingerprint


@pytest.mark.parametrize("path", ["no/such/folder", "pets.tar.gz", "pets.zip"])
def test_a_path_where_nothing_is(path: str) -> None:
    with pytest.raises(DataError, match=f"no data at '{path}'") as caught:
        load(path)
    for word in ("digits", "cifar10", "class folders", ".parquet", ".npz"):
        assert word in caught.value.hint


def test_images_in_a_folder_called_like_a_data_set_are_another(tmp_path: Path) -> None:
    assert load(paint_classes(tmp_path / "digits", 20)).name == "digits-images"
    assert load(paint_classes(tmp_path / "pets", 20)).name == "pets"


def test_what_should_be_known_is_announced(tmp_path: Path) -> None:
    heard: list[Event] = []
    folder = paint_classes(tmp_path / "pets", 20)
    (folder / "cat" / "labels.txt").touch()
    load(folder, listen=heard.append)
    skipped, precision = heard
    assert skipped == Noted(text="1 file skipped: 1 .txt.")
    assert isinstance(precision, Noted)
    assert precision.text.startswith("The ranking split has 4 images:")


def test_the_share_of_the_ranking_split_is_for_images_in_files(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 50)
    assert len(load(folder, val_fraction=0.25).val) == 20
    with pytest.raises(DataError, match="'digits' is a data set with a ranking split of its own"):
        load("digits", val_fraction=0.25)
    with pytest.raises(ConfigError, match="val_fraction as a number"):
        load(folder, val_fraction="a quarter")  # type: ignore[arg-type]
