"""Files written in one step, and read by everyone alike.

A reader sees all of a new file or all of the former one. What it cannot read ends in the reader's
own error, whatever the file holds.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress
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
def locked(path: Path, *, wait: bool = False, create: bool = False) -> Iterator[bool]:
    """Hold a file or folder while the block runs; False where there are no locks.

    The lock is that of the operating system: it cannot be left behind by a killed process.

    Args:
        path: The file or folder.
        wait: Whether to wait for another process that holds it.
        create: Make the file if it is not there.

    Raises:
        BlockingIOError: Another process holds it, and is not to be waited for.
        FileNotFoundError: It is not there.
    """
    if sys.platform == "win32":
        yield False
        return
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR if create else os.O_RDONLY, 0o644)
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
