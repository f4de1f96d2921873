"""The image in a cell of a table."""

from __future__ import annotations

from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from nas.data.images.image_rows import file_member
from nas.data.images.member import Member

if TYPE_CHECKING:
    from pathlib import Path


def cell_member(folder: Path, row: str, cell: object) -> Member:
    """The image of a row: its bytes, its path, or a record of both.

    Args:
        folder: Where relative paths begin.
        row: Names the row.
        cell: The bytes, the path, or ``{"bytes": ..., "path": ...}`` as Hugging Face writes it,
            where the path counts if there are no bytes.
    """
    path = cell.get("path") if isinstance(cell, dict) else cell
    content = cell.get("bytes") if isinstance(cell, dict) else cell
    name = f"{row} ({PurePosixPath(path).name})" if isinstance(path, str) else row
    if isinstance(content, bytes):
        return Member(PurePosixPath(name), lambda: BytesIO(content))
    if isinstance(path, str):
        return file_member(name, folder / path)
    return Member(PurePosixPath(name), _nothing)


def _nothing() -> BinaryIO:
    raise ValueError("the cell holds neither bytes nor a path")
