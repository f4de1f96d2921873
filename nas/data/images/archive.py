"""Image files of an archive, read without unpacking it."""

from __future__ import annotations

import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from nas.data.images.member import LINK, Member, is_hidden, is_image, kind_of
from nas.errors import DataError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

LARGEST = 2**28
"""Largest image file in bytes: an uncompressed image of the most pixels that are decoded."""
_LARGEST_HEADER = 2**20
"""Largest name or record of attributes in a .tar in bytes; these are read at once."""
_EXPANSION, _SMALL = 200, 2**30
"""Images that take this many times the archive, and more than these bytes, are an attack."""
_HEADERS = frozenset(
    {
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)
_PIECE = 2**12
"""Compressed bytes expanded at a time: few, since a .zip may expand 20,000 times."""
_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,  # a file without a name in a .zip
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,  # an encrypted .zip
    TypeError,  # a .tar.gz that ends within its first header
    ValueError,
)


class _Entry(NamedTuple):
    """A file in an archive: its name, its expanded size, and a function that reads it.

    A link refers to another file and cannot be read.
    """

    name: str
    size: int
    is_link: bool
    read: Callable[[], bytes]


def archive_members(path: Path, skipped: Counter[str]) -> Iterator[Member]:
    """All image files of an archive in its order, without hidden ones.

    No file is unpacked to disk, and one file at a time is in memory.

    Args:
        path: ``.tar`` (any compression) or ``.zip``.
        skipped: Receives the number of skipped files by kind.

    Raises:
        DataError: The archive is damaged, a path in it leads out of it, or it expands to an
            excessive size.
    """
    total = 0
    with _undamaged(path):
        for entry in (_zip if zipfile.is_zipfile(path) else _tar)(path):
            name = PurePosixPath(entry.name)
            if name.is_absolute() or ".." in name.parts:
                raise DataError(
                    f"the archive {str(path)!r} holds {entry.name!r}, which leads out of it",
                    hint="Pack it again with paths relative to the folder.",
                )
            if is_hidden(name):
                continue
            if not is_image(name):
                skipped[LINK if entry.is_link else kind_of(name)] += 1
                continue
            total += entry.size
            _check_entry(path, entry, total)
            yield Member(name, partial(_opened, path, entry))


def _check_entry(path: Path, entry: _Entry, total: int) -> None:
    if entry.is_link:
        raise DataError(
            f"{entry.name!r} in the archive {str(path)!r} is no file but a link",
            hint="Pack it again with tar --dereference --hard-dereference.",
        )
    if entry.size > LARGEST:
        raise DataError(
            f"{entry.name!r} in the archive {str(path)!r} has {entry.size:,} bytes, expected an "
            f"image file of at most {LARGEST:,}",
            hint="Leave it out, or save it compressed.",
        )
    if total > max(_SMALL, _EXPANSION * path.stat().st_size):
        raise DataError(
            f"the images in the archive {str(path)!r} expand to more than {_EXPANSION} times its "
            f"{path.stat().st_size:,} bytes",
            hint="Unpack it, and name the folder, if you trust it.",
        )


def _opened(path: Path, entry: _Entry) -> BytesIO:
    with _undamaged(path):
        return BytesIO(entry.read())


@contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    """Turn the errors of a damaged archive into a :class:`DataError`."""
    try:
        yield
    except _DAMAGE as error:
        raise DataError(
            f"cannot read {str(path)!r} as a .tar or .zip archive: "
            f"{error or type(error).__name__}",
            hint="Fetch or pack it again.",
        ) from None


def _zip(path: Path) -> Iterator[_Entry]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                link = stat.S_ISLNK(info.external_attr >> 16)
                read = partial(_zip_content, archive, info)
                yield _Entry(info.filename, info.file_size, link, read)


def _zip_content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The bytes of a file, hardly more than its stated size."""
    content = bytearray()
    with archive.open(info) as file:
        assert isinstance(file, zipfile.ZipExtFile), "opened to be read"
        while len(content) <= info.file_size and (piece := file.read1(_PIECE)):
            content += piece
    return bytes(content)


class BoundedTarInfo(tarfile.TarInfo):
    """The header of a file in a .tar; one of excessive size is refused."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        info = super().frombuf(buf, encoding, errors)
        if info.type in _HEADERS and info.size > _LARGEST_HEADER:
            raise tarfile.ReadError(f"a header of {info.size:,} bytes")
        return info


def _tar(path: Path) -> Iterator[_Entry]:
    with tarfile.open(path, "r|*", tarinfo=BoundedTarInfo) as archive:
        for info in archive:
            if not info.isdir():
                read = partial(_tar_content, archive, info)
                yield _Entry(info.name, info.size, not info.isfile(), read)


def _tar_content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    assert file is not None, "a link is refused before it is read"
    return file.read()
