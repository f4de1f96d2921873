from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nas.data.catalog import load
from nas.data.formats.registry import FORMATS, format_of
from nas.errors import DataError
from tests.nas.data.pictures import pack_tar, paint_classes

if TYPE_CHECKING:
    from pathlib import Path


def test_every_format_has_a_reader() -> None:
    assert all(callable(entry.read) for entry in FORMATS)


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("pets", "load_images"),
        ("pets.tar.gz", "load_images"),
        ("pets.csv", "load_table"),
        ("PETS.PARQUET", "load_table"),
        ("targets.csv", "load_targets"),
        ("pets.npz", "load_arrays"),
        ("pets.pt", "load_pyg"),
    ],
)
def test_names_say_the_format(tmp_path: Path, name: str, home: str) -> None:
    if "." in name:
        (tmp_path / name).touch()
    else:
        (tmp_path / name).mkdir()
    assert format_of(tmp_path / name).read.__name__ == home  # type: ignore[attr-defined]


def test_an_archive_needs_no_suffix(tmp_path: Path) -> None:
    archive = pack_tar(paint_classes(tmp_path / "pets", 2), tmp_path / "archive")
    assert format_of(archive).home.endswith("load_images")


def test_unknown_formats_are_refused_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "pets.xls").write_bytes(b"none")
    with pytest.raises(DataError, match=r"pets\.xls' is in no known format") as caught:
        load(tmp_path / "pets.xls")
    for words in (
        "class folders",
        "targets.csv",
        ".parquet",
        ".npz",
        "edge_index",
        "save_to_disk",
    ):
        assert words in caught.value.hint
