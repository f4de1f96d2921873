"""What all tasks of a search share, sent to each worker once."""

from __future__ import annotations

import io
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import cloudpickle
import torch

from nas.execution.packing import packing
from nas.files import writing

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Material:
    """A value in a file named by its content.

    Workers on this machine, and those that see its folder, map the file into memory, which they
    then share. Others get the content with their first task.

    Attributes:
        digest: Names the content.
        path: The file.
    """

    digest: str
    path: Path

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.path.read_bytes()


@contextmanager
def stored(value: object, name: str, folder: Path | None = None) -> Iterator[Material]:
    """The material of a value while the block runs.

    Args:
        value: It may hold tensors, which workers that see the file do not copy.
        name: What it is, for the message.
        folder: Where its file lies meanwhile; whatever is in it is removed. A temporary one if
            None.

    Raises:
        ConfigError: It cannot be sent to a worker.
    """
    buffer = io.BytesIO()
    with packing(name):
        torch.save(value, buffer, pickle_module=cloudpickle)
    content = buffer.getvalue()
    digest = blake2b(content, digest_size=16).hexdigest()
    with TemporaryDirectory(prefix="nas-") if folder is None else _emptied(folder) as place:
        path = Path(place) / digest
        with writing(path):
            path.write_bytes(content)
        del buffer, content
        yield Material(digest, path)


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """A folder that is empty at first, and removed at the end."""
    shutil.rmtree(folder, ignore_errors=True)  # a killed process has left it
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def restored(path: Path, content: bytes | None) -> Any:
    """The value of a material, from its content if that is given, else from its file.

    Raises:
        OSError: The file is not there or cannot be read, and there is no content.
    """
    if content is not None:
        return torch.load(io.BytesIO(content), weights_only=False, map_location="cpu")
    return torch.load(path, mmap=True, weights_only=False, map_location="cpu")
