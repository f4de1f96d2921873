"""Values as bytes that another process can read, code of the user's included."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import cloudpickle

from nas.errors import ConfigError
from nas.raised import error_text

if TYPE_CHECKING:
    from collections.abc import Iterator


def pack(value: object, name: str) -> bytes:
    """A value as bytes; see :func:`packing`.

    Raises:
        ConfigError: It cannot be sent.
    """
    with packing(name):
        packed: bytes = cloudpickle.dumps(value)
    return packed


def unpack(packed: bytes) -> Any:
    """The value that :func:`pack` packed."""
    return cloudpickle.loads(packed)


@contextmanager
def packing(name: str) -> Iterator[None]:
    """A block in which cloudpickle writes code that no other process can import by value.

    That is code of a script, of a notebook, or of a file that was loaded under a private name.

    Args:
        name: What is packed, for the message.

    Raises:
        ConfigError: The block failed: the value cannot be sent.
    """
    private = [module for top, module in list(sys.modules.items()) if _is_private(top, module)]
    for module in private:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    except Exception as error:  # pickle runs code of the user's
        raise ConfigError(
            f"{name} cannot be sent to a worker: {error_text(error)}",
            hint="Open files, locks and connections inside of build() or forward(), or run "
            "without workers.",
        ) from error
    finally:
        for module in private:
            cloudpickle.unregister_pickle_by_value(module)


def _is_private(name: str, module: object) -> bool:
    """Whether a module is one that another process cannot import: no finder knows its name."""
    if "." in name or name == "__main__" or getattr(module, "__spec__", None) is None:
        return False
    return not _is_found(name)


@cache
def _is_found(name: str) -> bool:
    return any(finder.find_spec(name, None) is not None for finder in sys.meta_path)
