from __future__ import annotations

import io
import re
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from nas.data.archive import image_members
from nas.errors import DataError
from tests.nas.data.pictures import pack_tar, pack_zip, paint, paint_classes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def tar_of(path: Path, name: str, kind: bytes = tarfile.REGTYPE) -> Path:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, 3 * (kind == tarfile.REGTYPE), "other.png"
    with tarfile.open(path / "pets.tar", "w") as archive:
        archive.addfile(info, io.BytesIO(b"abc"))
    return path / "pets.tar"


def zip_of(path: Path, name: str) -> Path:
    with zipfile.ZipFile(path / "pets.zip", "w") as archive:
        archive.writestr(name, b"abc")
    return path / "pets.zip"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_members_are_those_of_the_folder(tmp_path: Path, mode: str) -> None:
    folder = paint_classes(tmp_path / "pets", 2)
    packed = image_members(pack_tar(folder, tmp_path / "packed", mode))
    plain = image_members(folder)
    assert [str(m.name) for m in packed] == [f"pets/{m.name}" for m in plain]
    assert [m.read() for m in packed] == [m.read() for m in plain]


def test_zip_members_are_those_of_the_folder(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 2)
    packed, plain = image_members(pack_zip(folder, tmp_path / "p.zip")), image_members(folder)
    assert [str(m.name) for m in packed] == [f"pets/{m.name}" for m in plain]
    assert [m.read() for m in packed] == [m.read() for m in plain]


def test_other_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 1)
    for name in ("cat/labels.txt", "cat/._000.png", "__MACOSX/cat/1.png", ".git/cat/1.png"):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text("none")
    (folder / "cat" / "odd.png").mkdir()
    paint(folder / "dog" / "UPPER.PNG")
    names = ["cat/000.png", "dog/000.png", "dog/UPPER.PNG"]
    assert [str(member.name) for member in image_members(folder)] == names
    packed = image_members(pack_zip(folder, tmp_path / "pets.zip"))
    assert [str(member.name.relative_to("pets")) for member in packed] == names


@pytest.mark.parametrize("archive_of", [tar_of, zip_of])
@pytest.mark.parametrize("name", ["../cat/1.png", "/cat/1.png", "pets/../../cat/1.png", "../x"])
def test_a_name_that_leads_out_of_the_archive_is_refused(
    tmp_path: Path, archive_of: Callable[[Path, str], Path], name: str
) -> None:
    path = archive_of(tmp_path, name)
    with pytest.raises(DataError, match="leads out of it") as caught:
        image_members(path)
    assert repr(name) in caught.value.message
    assert str(path) in caught.value.message
    assert "Pack it again" in caught.value.hint
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_an_archive_are_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(DataError, match="no file but a link") as caught:
        image_members(tar_of(tmp_path, "cat/1.png", kind))
    assert "--dereference" in caught.value.hint


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".zip"])
def test_a_damaged_archive_is_named(tmp_path: Path, suffix: str) -> None:
    folder = paint_classes(tmp_path / "pets", 20)
    path = tmp_path / f"pets{suffix}"
    pack_zip(folder, path) if suffix == ".zip" else pack_tar(folder, path, f"w:{suffix[5:]}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=re.escape(str(path))):
        image_members(path)
    path.write_bytes(b"no archive")
    with pytest.raises(DataError, match=re.escape(str(path))):
        image_members(path)
