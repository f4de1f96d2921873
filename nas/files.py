"""Files written in one step: a reader sees all of the new one or all of the former one."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch import Tensor

if sys.platform != "win32":
    import fcntl

_UNFINISHED = ".nas-part"
"""How names end of what is not finished."""


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file in one step, with the permissions of the user's mask; it is then on the disk.

    The folder is made if need be. Until then the content lies in a file of this process alone;
    those that killed processes left in the folder are removed.
    """
    with _unfinished(path.parent, Path.touch) as part:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


@contextmanager
def scratch_folder(folder: Path) -> Iterator[Path]:
    """A folder inside another one for what is not finished, removed after the block.

    Those that killed processes left are removed as well.
    """
    with _unfinished(folder, Path.mkdir) as scratch:
        yield scratch


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold a file or folder while the block runs; False where there are no locks.

    Raises:
        BlockingIOError: Another process holds it, and is not to be waited for.
        FileNotFoundError: It is not there.
    """
    if sys.platform == "win32":
        yield False
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            held = True
        except BlockingIOError:
            raise
        except OSError:  # of the file system
            held = False
        yield held
    finally:
        os.close(descriptor)


@contextmanager
def _unfinished(folder: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """A file or folder of this process alone, removed after the block if it is still there."""
    folder.mkdir(parents=True, exist_ok=True)
    _clear(folder)
    with ExitStack() as stack:
        while True:
            path = folder / f".{secrets.token_hex(8)}{_UNFINISHED}"
            make(path)
            with suppress(FileNotFoundError):  # cleared by another process before it was locked
                stack.enter_context(locked(path, wait=True))
                if path.exists():
                    break
        stack.callback(_remove, path)
        yield path


def _clear(folder: Path) -> None:
    """Remove what killed processes left unfinished in a folder; what is in use stays."""
    for left in folder.glob(f".*{_UNFINISHED}"):
        with suppress(OSError), locked(left) as free:
            if free:
                _remove(left)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text in one step, line ends as they are."""
    write_bytes(path, text.encode())


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document in one step."""
    write_text(path, json.dumps(document, indent=2) + "\n")


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors of any device as safetensors in one step.

    Args:
        path: The file.
        tensors: By name.
        metadata: Texts that lie in the file's head.
    """
    from safetensors.torch import save

    state = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_bytes(path, save(state, dict(metadata) if metadata else None))
