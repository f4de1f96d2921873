from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from nas.data.catalog import load
from nas.data.formats.targets import load_targets
from nas.errors import DataError
from nas.testing.dataset import images_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """40 grey images of one shade each; the target is the shade, and twice the shade."""
    (tmp_path / "a").mkdir()
    rows = ["file,shade,double"]
    for number in range(40):
        shade = 5 * number
        Image.fromarray(np.full((8, 8), shade, np.uint8)).save(tmp_path / f"a/{number}.png")
        rows.append(f"a/{number}.png,{shade},{2 * shade}")
    (tmp_path / "targets.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def in_units(data, split):
    return split.labels * torch.tensor(data.targets.std) + torch.tensor(data.targets.mean)


def test_a_folder_with_a_table_is_a_regression(folder: Path) -> None:
    data = load(folder)
    assert data.task.kind == "image-regression"
    assert (data.task.classes, data.task.channels, data.task.resolution) == (2, 1, 8)
    assert data.targets is not None
    assert data.targets.names == ("shade", "double")
    assert [len(part) for part in (data.train, data.val, data.test)] == [29, 3, 8]
    for split in (data.train, data.val, data.test):
        shades = images_of(split).images[:, 0, 0, 0].float()
        torch.testing.assert_close(in_units(data, split), torch.stack([shades, 2 * shades], 1))


def test_the_seed_deals_the_images(folder: Path) -> None:
    assert load_targets(folder).fingerprint == load_targets(folder).fingerprint
    assert load_targets(folder).fingerprint != load_targets(folder, seed=1).fingerprint


def test_a_column_may_say_the_split(folder: Path) -> None:
    head, *rows = (folder / "targets.csv").read_text().splitlines()
    parts = ["test"] * 5 + ["val"] * 6 + ["train"] * 29
    lines = [f"{head},Split", *(f"{row},{part}" for row, part in zip(rows, parts, strict=True))]
    (folder / "targets.csv").write_text("\n".join(lines))
    data = load_targets(folder)
    assert in_units(data, data.test)[:, 0].round().tolist() == [0, 5, 10, 15, 20]
    assert (len(data.val), len(data.train)) == (6, 29)
    with pytest.raises(DataError, match="has a ranking split"):
        load(folder, val_fraction=0.3)


def test_the_share_of_the_ranking_split_may_be_chosen(folder: Path) -> None:
    data = load(folder, val_fraction=0.25)
    assert [len(part) for part in (data.train, data.val, data.test)] == [24, 8, 8]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("a/3.png", "a/x.png"), "names 1 file that cannot be found: 'a/x.png'"),
        ((",shade,double", ""), "line 2 of .* has 3 cells, expected 1"),
        ((",15,", ",fifteen,"), "expected a finite number in line 5 of .*, got 'fifteen'"),
        ((",15,30", ",15"), "line 5 of .* has 2 cells, expected 3"),
        (("double", "split"), "has the split '0', expected one of train, val, test"),
    ],
)
def test_a_malformed_table_is_refused(folder: Path, change: tuple[str, str], said: str) -> None:
    table = folder / "targets.csv"
    table.write_text(table.read_text().replace(*change, 1))
    with pytest.raises(DataError, match=said):
        load_targets(folder)


def test_an_empty_table_is_refused(folder: Path) -> None:
    (folder / "targets.csv").write_text("")
    with pytest.raises(DataError, match=r"targets\.csv' has no rows"):
        load_targets(folder)
    (folder / "targets.csv").write_text("file\na/1.png\n")
    with pytest.raises(DataError, match="has no column of targets"):
        load_targets(folder)


def test_too_few_images_are_refused(folder: Path) -> None:
    lines = (folder / "targets.csv").read_text().splitlines()[:6]
    (folder / "targets.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match="leaves 0 images for the val split"):
        load_targets(folder)


def test_the_images_are_read_at_the_resolution_asked_for(folder: Path) -> None:
    Image.fromarray(np.zeros((8, 12), np.uint8)).save(folder / "a/0.png")
    data = load(folder, resolution=4)
    assert data.task.resolution == 4
    assert data.found is not None
    assert (data.found.sizes, data.found.split_off) == ({"8x8": 39, "12x8": 1}, ("val", "test"))
    shape, precision = data.notes
    assert shape == (
        "1 of 40 images are not square: 12x8 images are cropped to 8x8 and resized to 4x4."
    )
    assert precision.startswith("The ranking split has 3 images: an R²")


def test_all_broken_images_are_named_at_once(folder: Path) -> None:
    for number in (3, 7):
        (folder / f"a/{number}.png").write_bytes(b"none")
    with pytest.raises(DataError, match="cannot read 2 images in"):
        load(folder)
