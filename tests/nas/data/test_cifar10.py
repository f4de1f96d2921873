from __future__ import annotations

import pickle
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from nas.data import cifar10
from nas.data.catalog import load
from nas.errors import DataError
from nas.task.task import Task
from nas.testing.dataset import images_of
from tests.nas.data.pictures import cifar_batches, pack_tar, paint_classes

REAL = Path(__file__).parents[3].parent / "shared" / "data" / "cifar10-jpeg.tar.xz"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))


def test_batches_are_read_as_red_green_blue_planes(tmp_path: Path) -> None:
    folder = cifar_batches(tmp_path / cifar10.FOLDER)
    data = cifar10.load(tmp_path)
    record = pickle.loads((folder / "test_batch").read_bytes())
    assert images_of(data.test).images[3, 1, 2, 5] == record[b"data"][3, 1024 + 2 * 32 + 5]
    assert data.test.labels.tolist() == record[b"labels"]


def test_a_tenth_of_the_training_batches_is_set_apart(tmp_path: Path) -> None:
    cifar_batches(tmp_path / cifar10.FOLDER, each=20)
    data = cifar10.load(tmp_path)
    assert data.task == Task(classes=10, channels=3, resolution=32)
    assert (len(data.train), len(data.val), len(data.test)) == (90, 10, 20)
    assert data.flip


def test_the_archive_equals_the_folder(tmp_path: Path) -> None:
    folder = cifar_batches(tmp_path / "folder" / cifar10.FOLDER)
    pack_tar(folder, tmp_path / cifar10.ARCHIVE, "w:gz")
    assert cifar10.load(tmp_path).fingerprint == cifar10.load(folder.parent).fingerprint


@pytest.mark.parametrize("name", ["cifar10", "CIFAR-10-images"])
def test_an_image_folder_of_that_name_serves_too(tmp_path: Path, name: str) -> None:
    paint_classes(tmp_path / name / "train", 20)
    data = cifar10.load(tmp_path)
    assert (data.name, data.task.classes) == ("cifar10", 2)


def test_missing_files_say_where_they_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=re.escape(str(tmp_path))) as caught:
        load("cifar10", data_dir=tmp_path)
    for remedy in (cifar10.FOLDER, cifar10.ARCHIVE, "--data-dir", "NAS_DATA_DIR"):
        assert remedy in caught.value.hint


def test_a_relative_directory_is_named_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=re.escape(str(tmp_path / "data"))):
        load("cifar10", data_dir="data")


def test_cifar100_is_not_taken_for_it(tmp_path: Path) -> None:
    paint_classes(tmp_path / "cifar100" / "train", 10)
    with pytest.raises(DataError, match="no CIFAR-10"):
        cifar10.load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle",
        pickle.dumps({b"labels": [1]}),
        pickle.dumps([1, 2]),
        pickle.dumps({b"labels": [10], b"data": np.zeros((1, 3072), dtype=np.uint8)}, 2),
        pickle.dumps({b"labels": [-1], b"data": np.zeros((1, 3072), dtype=np.uint8)}, 2),
        pickle.dumps({b"labels": [1], b"data": np.zeros((1, 3072))}, 2),
        pickle.dumps({b"labels": [10**30], b"data": np.zeros((1, 3072), dtype=np.uint8)}, 2),
        None,
    ],
    ids=[
        *("empty", "garbage", "no-images", "list", "label-10", "label--1", "floats", "huge"),
        "missing",
    ],
)
def test_a_damaged_batch_is_named(tmp_path: Path, content: bytes | None) -> None:
    folder = cifar_batches(tmp_path / cifar10.FOLDER)
    (folder / "data_batch_3").unlink()
    if content is not None:
        (folder / "data_batch_3").write_bytes(content)
    with pytest.raises(DataError, match="data_batch_3") as caught:
        cifar10.load(tmp_path)
    assert str(folder) in caught.value.message
    assert "Fetch" in caught.value.hint


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    archive = tmp_path / cifar10.ARCHIVE
    archive.write_bytes(b"no archive")
    with pytest.raises(DataError, match=re.escape(str(archive))):
        cifar10.load(tmp_path)
    with tarfile.open(archive, "w:gz"):
        pass
    with pytest.raises(DataError, match="data_batch_1"):
        cifar10.load(tmp_path)


class Harm:
    def __reduce__(self):
        return (Path.touch, (Path("harmed"),))


def test_a_batch_cannot_run_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = cifar_batches(tmp_path / cifar10.FOLDER)
    (folder / "data_batch_1").write_bytes(pickle.dumps({b"data": Harm(), b"labels": []}))
    with pytest.raises(DataError, match="which no file of data needs"):
        cifar10.load(tmp_path)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_pickle_protocols(tmp_path: Path, protocol: int) -> None:
    folder = cifar_batches(tmp_path / cifar10.FOLDER)
    before = cifar10.load(tmp_path).fingerprint
    for name in cifar10.BATCHES:
        record = pickle.loads((folder / name).read_bytes())
        (folder / name).write_bytes(pickle.dumps(record, protocol=protocol))
    assert cifar10.load(tmp_path).fingerprint == before


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="needs a copy of CIFAR-10 beside the repository")
def test_the_real_images() -> None:
    data = cifar10.load(REAL.parent)
    assert data.task == Task(classes=10, channels=3, resolution=32)
    assert (len(data.train), len(data.val), len(data.test)) == (45_000, 5_000, 10_000)
    assert torch.bincount(data.test.labels).tolist() == [1000] * 10
    assert torch.bincount(data.val.labels).tolist() == [500] * 10
    published = np.array([125.3, 123.0, 113.9])  # means of the training images, He et al. 2016
    np.testing.assert_allclose(images_of(data.train).mean.numpy(), published, atol=1.0)
    np.testing.assert_allclose(images_of(data.train).std.numpy(), [63.0, 62.1, 66.7], atol=1.0)
