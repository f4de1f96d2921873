"""What an error says, and where in the user's code it was raised."""

from __future__ import annotations

import inspect
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

PACKAGES = ("cli", "hypernets", "nas", "search_spaces")
"""Packages of this program."""
_INSTALLED = tuple(
    Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")
)


def error_text(error: BaseException) -> str:
    """Type, message and place of an error: ``KeyError: 'width' (net.py, line 12, in build)``.

    Only the first line of the message is given.
    """
    message = str(error).partition("\n")[0]
    said = f"{type(error).__name__}: {message}" if message else type(error).__name__
    place = place_of(error)
    return f"{said} ({place})" if place else said


def place_of(error: BaseException) -> str:
    """The innermost line of the user's code in a traceback; empty if there is none.

    Code of this program, of installed packages and of Python itself is not the user's.
    """
    place, traceback = "", error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if _is_the_users(frame):
            code = frame.f_code
            place = f"{_shown(code.co_filename)}, line {traceback.tb_lineno}, in {code.co_name}"
        traceback = traceback.tb_next
    return place


def definition(function: Callable[..., Any]) -> str:
    """Name, parameters and place of a function: ``forward(x, batch) (net.py, line 12)``."""
    inner: Any = inspect.unwrap(function)
    code = getattr(inner, "__code__", None)
    name = getattr(inner, "__name__", type(inner).__name__)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of a function that is not written in Python
        shown = f"{name}(...)"
    else:
        bare = [part.replace(annotation=part.empty) for part in signature.parameters.values()]
        shown = f"{name}{inspect.Signature(bare)}"
    if code is None or not _is_file_of_users(code.co_filename):
        return shown
    return f"{shown} ({_shown(code.co_filename)}, line {code.co_firstlineno})"


def fits(function: Callable[..., Any], *args: object) -> bool:
    """Whether a function can be called with such arguments, judged by its parameters alone.

    Example:
        >>> fits(lambda x, y=1: x, "x"), fits(lambda x, y=1: x, 1, 2, 3)
        (True, False)
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of a function that is not written in Python
        return True
    try:
        signature.bind(*args)
    except TypeError:
        return False
    return True


def _is_the_users(frame: FrameType) -> bool:
    top = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return top not in PACKAGES and _is_file_of_users(frame.f_code.co_filename)


def _is_file_of_users(name: str) -> bool:
    if name.startswith("<"):  # made while running
        return False
    path = Path(name).resolve()
    return not any(path.is_relative_to(folder) for folder in _INSTALLED)


def _shown(file: str) -> str:
    """A path, relative to the working directory where it lies below."""
    path = Path(file).resolve()
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
