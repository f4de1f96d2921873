"""Files that are written in one step, and one way to read them.

A reader sees the whole new file or the whole former one. A file that cannot be read raises the
reader's own error, whatever the file holds.
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
"""Makes a reader's own error from a description of a fault: ``"no JSON: Expecting value ..."``."""

_DIGEST = "digest"
"""The entry of a file of tensors that holds their digest."""

_DEEPEST = 100
"""Deepest nesting of brackets in a document: Python's own limit depends on the depth of the call,
and also concerns the code that uses the document."""

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
"""Suffix of unfinished files and folders."""

_LOCK = ".lock"
"""Suffix of locks."""


def there(path: Path, kind: Callable[[Path], bool]) -> bool:
    """Whether a path, which may be no path at all, is an existing file or folder.

    Example:
        >>> there(Path("."), Path.is_dir), there(Path("x" * 10_000), Path.exists)
        (True, False)
    """
    try:
        return kind(path)
    except (OSError, ValueError):  # a notation can be longer than a file name may be
        return False


class WriteError(OSError):
    """A file of this program cannot be used; code of the user's raises any other OSError."""


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file to the disk in one step, with the permissions of the user's mask.

    A missing folder is created. The content first goes to a temporary file of this process;
    temporary files of killed processes in the folder are removed.
    """
    with writing(path), _unfinished(path.parent, Path.touch) as part:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A block that writes or looks for a file of this program, without code of the user's.

    Raises:
        WriteError: The block raised an OSError. The error names the file: that of a full disk
            names none.
    """
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        if error.errno is None:
            raise WriteError(*error.args) from error
        name = error.filename or str(path)
        raise WriteError(error.errno, error.strerror, name) from error


@contextmanager
def scratch_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder inside another one, removed after the block.

    Temporary folders of killed processes are removed as well.
    """
    with _unfinished(folder, Path.mkdir) as scratch:
        yield scratch


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold a lock while the block runs; False if the file system has no locks.

    The operating system releases the lock when the process ends, even if it is killed.

    Args:
        path: The lock's file; a missing one is created.
        wait: Whether to wait for another process that holds the lock.

    Raises:
        BlockingIOError: Another process holds the lock, and ``wait`` is false.
        FileNotFoundError: The folder of the lock is missing.
    """
    import filelock

    # without locks in the file system, filelock would take the presence of a file as the lock
    lock = filelock.FileLock(path, mode=0o644, fallback_to_soft=False, poll_interval=0.01)
    held = True
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except filelock.Timeout:
        raise BlockingIOError(f"{str(path)!r} is locked by another process") from None
    except FileNotFoundError:
        raise
    except OSError:  # the file system has no locks
        held = False
    try:
        yield held
    finally:
        lock.release()


@contextmanager
def _unfinished(folder: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """A temporary file or folder of this process, removed after the block if it still exists.

    A lock beside it, taken before it is created, shows that this process is alive.
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
    """Remove temporary files of killed processes from a folder; those in use stay."""
    for lock in folder.glob(f".*{_UNFINISHED}{_LOCK}"):
        with suppress(OSError), locked(lock) as free:
            if free:
                _remove(lock.with_name(lock.name.removesuffix(_LOCK)))
                remove_lock(lock)


def remove_lock(path: Path) -> None:
    """Remove the file of a held lock; on Windows the release removes it."""
    with suppress(OSError):
        path.unlink()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text in one step, without a change of line ends."""
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
        tensors: Tensors by name; one with several names is written under each of them.
        metadata: Texts for the file's header, beside the digest of the tensors.

    Returns:
        The digest.
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
    """Safetensors with metadata in the order of their names, which is random otherwise."""
    start = 8 + int.from_bytes(content[:8], "little")
    head = json.loads(content[8:start])
    head["__metadata__"] = dict(sorted(head["__metadata__"].items()))
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors are aligned to 8 bytes
    return len(text).to_bytes(8, "little") + text + content[start:]


def digest(tensors: Mapping[str, Tensor]) -> str:
    """32 hex digits over names, shapes, data types and values, for any order and device."""
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
    """The tensors of a safetensors file, and the texts in its header.

    The tensors must match the digest in the header, which files of earlier versions lack.

    Args:
        path: The file.
        refused: Makes the error.
        place: Device of the tensors.

    Raises:
        NasError: The error of ``refused``: the file is missing or damaged.
    """
    tensors, metadata = _in_tensor_file(
        path, refused, str(place), lambda file: _content(file, file.get_tensor)
    )
    if _DIGEST in metadata and metadata[_DIGEST] != digest(tensors):
        raise refused("its tensors were changed: they do not match their digest")
    return tensors, metadata


def read_tensor_shapes(path: Path, refused: Refusal) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors in a safetensors file; the tensors are not read.

    Raises:
        NasError: The error of ``refused``: the file is missing or damaged.
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
        path.open("rb").close()  # its errors are clearer than those of safetensors
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
    """The JSON document in a text; only its outermost type is checked.

    Args:
        text: The text; bytes are read as UTF-8.
        kind: ``dict`` or ``list``.
        refused: Makes the error.

    Raises:
        NasError: The error of ``refused``: the text is no valid JSON, or of another type.

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
        if "\\u" in text:  # surrogates may only stand for bytes of file names that are no text
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
