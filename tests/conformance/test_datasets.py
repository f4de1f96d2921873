"""Every way to get at data satisfies the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nas.data.catalog import load
from nas.testing.dataset import DatasetConformance
from tests.nas.data.pictures import cifar_batches, pack_tar, pack_zip, paint_classes

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))


class TestDigits(DatasetConformance):
    def load(self, seed: int = 0) -> Dataset:
        return load("digits", seed=seed)


class TestClutteredDigits(DatasetConformance):
    made_by_seed = True

    def load(self, seed: int = 0) -> Dataset:
        return load("cluttered-digits", seed=seed)


class TestCifar10(DatasetConformance):
    @pytest.fixture(autouse=True)
    def files(self, tmp_path: Path) -> None:
        self.data_dir = cifar_batches(tmp_path / "cifar-10-batches-py").parent

    def load(self, seed: int = 0) -> Dataset:
        return load("cifar10", data_dir=self.data_dir, seed=seed)


class PathConformance(DatasetConformance):
    path: Path

    def load(self, seed: int = 0) -> Dataset:
        return load(self.path, seed=seed)


class TestFolderWithTrain(PathConformance):
    @pytest.fixture(autouse=True)
    def files(self, tmp_path: Path) -> None:
        self.path = tmp_path / "pets"
        paint_classes(self.path / "train", 20)


class TestFolderSplitBySeed(PathConformance):
    @pytest.fixture(autouse=True)
    def files(self, tmp_path: Path) -> None:
        self.path = paint_classes(tmp_path / "pets", 20)


class TestTar(PathConformance):
    @pytest.fixture(autouse=True)
    def files(self, tmp_path: Path) -> None:
        self.path = pack_tar(paint_classes(tmp_path / "pets", 20), tmp_path / "pets.tar")


class TestZip(PathConformance):
    @pytest.fixture(autouse=True)
    def files(self, tmp_path: Path) -> None:
        self.path = pack_zip(paint_classes(tmp_path / "pets", 20), tmp_path / "pets.zip")
