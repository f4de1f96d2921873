"""Files written in one step, and read by everyone alike.

A reader sees all of a new file or all of the former one. What it cannot read ends in the reader's
own error, whatever the file holds.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nas.errors import NasError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor, device

T = TypeVar("T")

Refusal = Callable[[str], NasError]
"""Makes a reader's own error of what is wrong with a file: ``"no JSON: Expecting value ..."``."""

_DIGEST = "digest"
"""The entry of a file of tensors that holds their digest."""

_DEEPEST = 100
"""Brackets inside each other, beyond which a document is refused: Python's own limit depends on
where it is met, and what follows the reading has it as well."""

_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
    type(None): "null",
}

_UNFINISHED = ".nas-part"
"""How names end of what is not finished."""

_LOCK = ".lock"
"""How names of locks end."""


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
    """Hold a lock while the block runs; False where the file system has no locks.

    The operating system releases it when the process ends, killed or not.

    Args:
        path: The lock's file, made if it is missing.
        wait: Whether to wait for another process that holds it.

    Raises:
        BlockingIOError: Another process holds it, and is not to be waited for.
        FileNotFoundError: Its folder is missing.
    """
    import filelock

    # without locks in the file system, filelock would lock by the presence of a file
    lock = filelock.FileLock(path, mode=0o644, fallback_to_soft=False, poll_interval=0.01)
    held = True
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except filelock.Timeout:
        raise BlockingIOError(f"{str(path)!r} is locked by another process") from None
    except FileNotFoundError:
        raise
    except OSError:  # of the file system
        held = False
    try:
        yield held
    finally:
        lock.release()


@contextmanager
def _unfinished(folder: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """A file or folder of this process alone, removed after the block if it is still there.

    A lock beside it, taken before it is made, shows that this process is alive.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _clear(folder)
    path = folder / f".{secrets.token_hex(8)}{_UNFINISHED}"
    lock = path.with_name(path.name + _LOCK)
    with locked(lock, wait=True):
        try:
            make(path)
            yield path
        finally:
            _remove(path)
            remove_lock(lock)


def _clear(folder: Path) -> None:
    """Remove what killed processes left unfinished in a folder; what is in use stays."""
    for lock in folder.glob(f".*{_UNFINISHED}{_LOCK}"):
        with suppress(OSError), locked(lock) as free:
            if free:
                _remove(lock.with_name(lock.name.removesuffix(_LOCK)))
                remove_lock(lock)


def remove_lock(path: Path) -> None:
    """Remove the file of a lock that is held; on Windows its release removes it."""
    with suppress(OSError):
        path.unlink()


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
) -> str:
    """Write tensors of any device as safetensors in one step.

    Args:
        path: The file.
        tensors: By name; one that has several names is written under each of them.
        metadata: Texts that lie in the file's head, beside the digest of the tensors.

    Returns:
        That digest.
    """
    from safetensors.torch import save

    state, places = {}, set()
    for name, tensor in tensors.items():
        stored = tensor.detach().cpu().contiguous()
        place = stored.untyped_storage().data_ptr()
        state[name] = stored.clone() if place in places else stored
        places.add(place)
    found = digest(state)
    write_bytes(path, _sorted_head(save(state, {**(metadata or {}), _DIGEST: found})))
    return found


def _sorted_head(content: bytes) -> bytes:
    """Safetensors whose texts are in the order of their names; without this it is random."""
    start = 8 + int.from_bytes(content[:8], "little")
    head = json.loads(content[8:start])
    head["__metadata__"] = dict(sorted(head["__metadata__"].items()))
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors are aligned to 8 bytes
    return len(text).to_bytes(8, "little") + text + content[start:]


def digest(tensors: Mapping[str, Tensor]) -> str:
    """32 hex digits of names, shapes, data types and numbers, whatever the order and device."""
    import torch

    found = blake2b(digest_size=16)
    for name, tensor in sorted(tensors.items()):
        found.update(f"{name} {tuple(tensor.shape)} {tensor.dtype} ".encode())
        content = tensor.detach().cpu().contiguous().flatten()
        found.update(content.view(torch.uint8).numpy().data)
    return found.hexdigest()


def read_tensors(
    path: Path, refused: Refusal, place: device | str = "cpu"
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors file, and the texts in its head.

    They are compared with the digest in the head; a file from before there was one has none.

    Args:
        path: The file.
        refused: Makes the error.
        place: Where the tensors are put.

    Raises:
        NasError: That of ``refused``: the file is missing or damaged.
    """
    tensors, metadata = _in_tensor_file(
        path, refused, str(place), lambda file: _content(file, file.get_tensor)
    )
    if _DIGEST in metadata and metadata[_DIGEST] != digest(tensors):
        raise refused("its tensors are not those that were written: their digest is another")
    return tensors, metadata


def read_tensor_shapes(path: Path, refused: Refusal) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors in a safetensors file, without reading these.

    Raises:
        NasError: That of ``refused``: the file is missing or damaged.
    """
    shapes, _ = _in_tensor_file(
        path,
        refused,
        "cpu",
        lambda file: _content(file, lambda name: tuple(file.get_slice(name).get_shape())),
    )
    return shapes


def _content(file: Any, get: Callable[[str], T]) -> tuple[dict[str, T], dict[str, str]]:
    return {name: get(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def _in_tensor_file(path: Path, refused: Refusal, place: str, read: Callable[[Any], T]) -> T:
    from safetensors import SafetensorError, safe_open

    try:
        path.open("rb").close()  # which says more clearly what cannot be opened
        with safe_open(path, "pt", device=place) as file:
            return read(file)
    except OSError as error:
        raise refused(error.strerror or str(error)) from None
    except (SafetensorError, AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise refused(f"no safetensors: {str(error).partition(chr(10))[0]}") from None


def read_json(path: Path, kind: type[T], refused: Refusal) -> T:
    """The document in a JSON file; see :func:`parse_json`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise refused(error.strerror or str(error)) from None
    return parse_json(content, kind, refused)


def parse_json(text: str | bytes, kind: type[T], refused: Refusal) -> T:
    """The document that a text holds, of which only the outermost kind is known.

    Args:
        text: In UTF-8 if bytes.
        kind: ``dict`` or ``list``.
        refused: Makes the error.

    Raises:
        NasError: That of ``refused``: the text is no JSON that can be read, or of another kind.

    Example:
        >>> from nas.errors import ConfigError
        >>> parse_json("[1, 2]", list, ConfigError)
        [1, 2]
        >>> parse_json("[" * 1_000_000, list, ConfigError)
        Traceback (most recent call last):
        nas.errors.ConfigError: its brackets are nested too deeply
    """
    try:
        text = text.decode() if isinstance(text, bytes) else text
        document = json.loads(text)
        if "\\u" in text:  # file names that are no text are written so, other surrogates are none
            json.dumps(document, ensure_ascii=False).encode(errors="surrogateescape")
    except json.JSONDecodeError as error:
        raise refused(f"no JSON: {error}") from None
    except UnicodeError:
        raise refused("it is no text in UTF-8") from None
    except RecursionError:
        raise refused("its brackets are nested too deeply") from None
    except ValueError:
        raise refused("one of its numbers is too long") from None
    if not isinstance(document, kind):
        raise refused(f"expected {_KINDS[kind]}, got {_KINDS[type(document)]}")
    if _is_deep(document):
        raise refused("its brackets are nested too deeply")
    return document


def _is_deep(document: Any) -> bool:
    level = [document]
    for _ in range(_DEEPEST):
        parts = [part.values() if isinstance(part, dict) else part for part in level]
        level = [one for part in parts for one in part if isinstance(one, (dict, list))]
    return bool(level)
