from __future__ import annotations

import io
import re
import tarfile
import tempfile
import tracemalloc
import zipfile
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.data.images.archive import archive_members
from nas.data.images.folder import folder_members
from nas.errors import DataError
from tests.nas.data.pictures import pack_tar, pack_zip, paint_classes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nas.data.images.member import Member


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


def read(members: Iterator[Member]) -> dict[str, bytes]:
    """Contents by name, each read while the archive stands at it."""
    found = {}
    for member in members:
        with member.open() as file:
            found[str(member.name)] = file.read()
    return found


def members(path: Path) -> dict[str, bytes]:
    return read(archive_members(path, Counter()))


def members_of_folder(path: Path) -> dict[str, bytes]:
    found = read(folder_members(path, Counter()))
    return {f"{path.name}/{name}": content for name, content in found.items()}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_members_are_those_of_the_folder(tmp_path: Path, mode: str) -> None:
    folder = paint_classes(tmp_path / "pets", 2)
    packed = members(pack_tar(folder, tmp_path / "packed", mode))
    assert packed == members_of_folder(folder)
    assert len(packed) == 4


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_zip_members_are_those_of_the_folder(tmp_path: Path, method: int) -> None:
    folder = paint_classes(tmp_path / "pets", 2)
    assert members(pack_zip(folder, tmp_path / "p.zip", method)) == members_of_folder(folder)


@pytest.mark.parametrize("pack", [pack_tar, pack_zip])
def test_other_files_are_counted_and_hidden_ones_are_not(
    tmp_path: Path, pack: Callable[[Path, Path], Path]
) -> None:
    folder = paint_classes(tmp_path / "pets", 1)
    names = ("cat/a.txt", "cat/b.TXT", "README", "cat/._0.png", "__MACOSX/cat/1.png", ".x/1.png")
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text("none")
    skipped: Counter[str] = Counter()
    found = read(archive_members(pack(folder, tmp_path / "packed"), skipped))
    assert sorted(found) == ["pets/cat/000.png", "pets/dog/000.png"]
    assert skipped == {".txt": 2, "other file": 1}


@pytest.mark.parametrize("archive_of", [tar_of, zip_of])
@pytest.mark.parametrize("name", ["../cat/1.png", "/cat/1.png", "pets/../../cat/1.png", "../x"])
def test_a_name_that_leads_out_of_the_archive_is_refused(
    tmp_path: Path, archive_of: Callable[[Path, str], Path], name: str
) -> None:
    path = archive_of(tmp_path, name)
    with pytest.raises(DataError, match="leads out of it") as caught:
        members(path)
    assert repr(name) in caught.value.message
    assert str(path) in caught.value.message
    assert "Pack it again" in caught.value.hint
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_an_archive_are_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(DataError, match="no file but a link") as caught:
        members(tar_of(tmp_path, "cat/1.png", kind))
    assert "--dereference" in caught.value.hint


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".zip"])
def test_a_damaged_archive_is_named(tmp_path: Path, suffix: str) -> None:
    folder = paint_classes(tmp_path / "pets", 20)
    path = tmp_path / f"pets{suffix}"
    pack_zip(folder, path) if suffix == ".zip" else pack_tar(folder, path, f"w:{suffix[5:]}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=re.escape(str(path))):
        members(path)
    path.write_bytes(b"no archive")
    with pytest.raises(DataError, match=re.escape(str(path))):
        members(path)


def test_a_file_without_a_name_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path, "x")
    content = path.read_bytes()
    at = content.index(b"PK\1\2") + 28  # of the directory: length of the name, of further fields
    path.write_bytes(content[:at] + bytes([0, 0, 1, 0]) + content[at + 4 :])
    with pytest.raises(DataError, match=re.escape(str(path))):
        members(path)


@pytest.mark.parametrize("flags", [0, 4, 8, 16])
def test_a_tar_that_ends_in_the_header_of_its_compression_is_named(
    tmp_path: Path, flags: int
) -> None:
    """gzip (RFC 1952, section 2.3): two magic bytes, method, flags, six more, optional fields."""
    path = tmp_path / "pets.tar.gz"
    header = bytes([0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3])
    for length in range(len(header) + 1):
        path.write_bytes(header[:length])
        with pytest.raises(DataError, match=re.escape(str(path))):
            members(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_that_are_no_images_are_counted(tmp_path: Path, kind: bytes) -> None:
    skipped: Counter[str] = Counter()
    assert not read(archive_members(tar_of(tmp_path, "test", kind), skipped))
    assert skipped == {"link": 1}


def test_a_link_in_a_zip_is_refused_too(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("cat/1.png")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.writestr(info, "other.png")
    with pytest.raises(DataError, match="no file but a link"):
        members(tmp_path / "pets.zip")


def test_a_zip_is_not_expanded_beyond_what_it_says(tmp_path: Path) -> None:
    """A small file that says it is small and is not: 32 MB of zeros, said to be 10 bytes."""
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat/1.png", bytes(2**25))
    content = path.read_bytes()
    path.write_bytes(content.replace((2**25).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    tracemalloc.start()
    with suppress(DataError):  # the checksum is wrong
        members(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22


def test_an_image_file_beyond_all_measure_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("cat/1.png")
    info.size = 2**40
    path = tmp_path / "pets.tar"
    path.write_bytes(info.tobuf() + bytes(10_240))
    with pytest.raises(
        DataError, match="1,099,511,627,776 bytes, expected an image file"
    ) as caught:
        members(path)
    assert "Leave it out" in caught.value.hint


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
def test_a_header_beyond_all_measure_is_not_read(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("cat/1.png")
    info.type, info.size = kind, 2**32
    path = tmp_path / "pets.tar"
    path.write_bytes(info.tobuf() + bytes(10_240))
    with pytest.raises(DataError, match="a header of 4,294,967,296 bytes"):
        members(path)


def test_images_that_expand_beyond_all_measure_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(9):
            archive.writestr(f"cat/{number}.png", b"abc")
    content = path.read_bytes()
    sizes = (3).to_bytes(4, "little") + (3).to_bytes(4, "little")
    path.write_bytes(content.replace(sizes, sizes[:4] + (2**27).to_bytes(4, "little")))
    with pytest.raises(DataError, match="more than 200 times its") as caught:
        for _ in archive_members(path, Counter()):
            pass
    assert "name the folder" in caught.value.hint


@settings(max_examples=40, deadline=None)
@given(data=st.data(), suffix=st.sampled_from([".tar", ".tar.gz", ".tar.xz", ".zip"]))
def test_a_damaged_archive_is_read_or_refused(
    data: st.DataObject, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(packed(suffix))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, 2 * len(content))) :]
    path = tmp_path_factory.mktemp("damaged") / f"pets{suffix}"
    path.write_bytes(content)
    with suppress(DataError):
        members(path)


@cache
def packed(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        folder = paint_classes(Path(place) / "pets", 2)
        path = Path(place) / f"pets{suffix}"
        if suffix == ".zip":
            return pack_zip(folder, path, zipfile.ZIP_DEFLATED).read_bytes()
        return pack_tar(folder, path, f"w:{suffix[5:]}").read_bytes()
