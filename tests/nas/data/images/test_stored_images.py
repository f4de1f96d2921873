from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from nas.data import load_images
from nas.data.dataset import mean_and_deviation
from nas.data.images import memory
from nas.data.images.stored_images import StoredImages
from nas.data.split import Split
from nas.errors import DataError
from nas.seeding import generator
from nas.testing.dataset import images_of
from tests.nas.data.pictures import paint_classes

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset

PIXELS = torch.randint(256, (10, 3, 5, 5), dtype=torch.uint8)


@pytest.fixture
def stored(tmp_path: Path) -> StoredImages:
    file = tmp_path / "images"
    file.write_bytes(b"head" + PIXELS.numpy().tobytes())
    return StoredImages(file, 4, (3, 5, 5), 10, torch.arange(10))


@pytest.mark.parametrize(
    "indices", [slice(2, 7), torch.tensor([8, 0, 8]), torch.arange(10) % 3 == 0, torch.arange(0)]
)
def test_they_are_read_as_a_tensor_would_be(
    stored: StoredImages, indices: torch.Tensor | slice
) -> None:
    assert torch.equal(stored[indices], PIXELS[indices])
    assert torch.equal(stored.subset(indices)[:], PIXELS[indices])
    assert stored.subset(indices).shape == PIXELS[indices].shape
    assert torch.equal(stored[-1], PIXELS[-1])
    assert torch.equal(torch.cat(list(stored.split(4))), PIXELS)


def test_a_file_that_is_gone_or_cut_is_named(stored: StoredImages) -> None:
    whole = stored.file.read_bytes()
    stored.file.write_bytes(whole[:-1])
    assert torch.equal(stored[:9], PIXELS[:9])
    with pytest.raises(DataError, match="it is too short"):
        stored[9]
    stored.file.unlink()
    with pytest.raises(DataError, match="No such file") as caught:
        stored[0]
    assert "Repeat the command" in caught.value.hint


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Dataset, Dataset]:
    """The same data set in memory and, as it takes more than a quarter of that, in a file."""
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))
    folder = paint_classes(tmp_path / "data", 12, classes=("cat", "dog", "emu"))
    held = load_images(folder)
    monkeypatch.setattr(memory, "memory", lambda: 8000.0)
    return held, load_images(folder)


def test_a_large_data_set_stays_in_its_file_and_is_the_same(both: tuple[Dataset, Dataset]) -> None:
    held, stored = both

    assert isinstance(stored.train, Split)
    assert isinstance(stored.train.held, StoredImages)
    assert isinstance(images_of(stored.at(7).train).held, StoredImages)
    assert isinstance(images_of(stored.at(3).train).held, torch.Tensor)
    assert stored.fingerprint == held.fingerprint
    assert stored.found == held.found
    assert stored.notes[0].startswith("The images take 0.0 GB at 8x8 pixels, more than a quarter")
    assert repr(str(stored.train.held.file)) in stored.notes[0]
    for one, other in (
        (held, stored),
        (held.at(7), stored.at(7)),  # averaged when they are read
        (held.at(3), stored.at(3)),  # small enough for the memory
        (held.resplit(1), stored.resplit(1)),
        *((held.at(side).resplit(1), stored.at(side).resplit(1)) for side in range(3, 8)),
    ):
        assert one.task == other.task
        for split in ("train", "val", "test"):
            mine, theirs = (getattr(data, split) for data in (one, other))
            batches = zip(
                mine.batches(4, generator(0, "x")),
                theirs.batches(4, generator(0, "x")),
                strict=True,
            )
            for (inputs, labels), (others, same) in batches:
                assert torch.equal(inputs[0], others[0])
                assert torch.equal(labels, same)


def test_statistics_of_many_images_are_counted(both: tuple[Dataset, Dataset]) -> None:
    held, stored = both
    assert isinstance(held.train, Split)
    assert isinstance(stored.train, Split)
    found = mean_and_deviation(stored.train.held, most=0)
    for mine, expected in zip(found, mean_and_deviation(held.train.images), strict=True):
        torch.testing.assert_close(mine, expected)


def test_copies_are_found_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(memory, "memory", lambda: 1.0)
    folder = paint_classes(tmp_path / "data", 12)
    (folder / "cat" / "copy.png").write_bytes((folder / "cat" / "000.png").read_bytes())
    data = load_images(folder)

    assert data.found is not None
    assert data.found.equal == (("cat/000.png", "cat/copy.png"),)
