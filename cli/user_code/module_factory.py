"""Networks that users name as Python code: ``package.module:factory(argument=1)``."""

from __future__ import annotations

import ast
import re
import warnings
from functools import _lru_cache_wrapper, partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from cli.user_code.loading import EXAMPLE, beside, failure, find, is_standard, standard_refused
from nas.errors import ConfigError, ImportingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

_FORM = re.compile(r"(?P<place>[A-Za-z_][\w.]*|[^:|{}\"]+\.py):(?P<call>[A-Za-z_].*)", re.DOTALL)


def is_factory(text: str) -> bool:
    """Whether an argument of the command line names Python rather than a file or a notation."""
    return _FORM.fullmatch(text) is not None


def make_module(text: str) -> nn.Module:
    """The network that a factory makes.

    The factory is a function, a subclass of ``nn.Module``, or an existing module. It is in a file
    or in an importable Python module, also in the working directory. Arguments are literals.
    Functions of the standard library are refused, wherever they are imported from.

    Args:
        text: ``package.module:factory``, ``package.module:factory(arguments)`` or the same with
            ``path/to/file.py``.

    Raises:
        ConfigError: The text has another form, or names the standard library.
        UnknownNameError: There is no such module or no such factory.
        ImportingError: The user's code fails, or returns no module.
    """
    from torch import nn

    form = _FORM.fullmatch(text)
    if form is None:
        raise ConfigError(f"{text!r} names no network", hint=EXAMPLE)
    names, args, kwargs = _parsed(form["call"])
    found = find(form["place"], names)
    called = "(" in form["call"]
    if not called and isinstance(found, nn.Module):
        return found
    _check_factory(text, found)
    with beside(form["place"]):
        made = _run(text, found, args, kwargs)
    if not isinstance(made, nn.Module):
        raise _no_module(text, made)
    return made


def _check_factory(text: str, found: object) -> None:
    """Raise unless a factory is a user's function or a class of networks.

    Raises:
        ConfigError: It belongs to the standard library.
        ImportingError: It is something else.
    """
    from torch import nn

    thing = _behind(found)
    if is_standard(thing):
        raise standard_refused(text)
    is_network = isinstance(thing, type) and issubclass(thing, nn.Module)
    if not (is_network or isinstance(thing, FunctionType)):
        raise _no_module(text, found)


def _behind(found: object) -> object:
    """The function or class that a method, a partial or a cached function calls."""
    while isinstance(found, partial):
        found = found.func
    if isinstance(found, MethodType):
        return found.__func__
    return found.__wrapped__ if isinstance(found, _lru_cache_wrapper) else found


def _parsed(call: str) -> tuple[list[str], list[Any], dict[str, Any]]:
    """Dotted name and arguments of a call."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in strings
            tree: ast.expr = ast.parse(call, mode="eval").body
        args, keywords = [], []
        if isinstance(tree, ast.Call):
            args, keywords = tree.args, tree.keywords
            tree = tree.func
        names = ast.unparse(tree).split(".")
        if not all(name.isidentifier() for name in names):
            raise ValueError
        given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in keywords}
        if None in given:  # **arguments
            raise ValueError
        return (
            names,
            [ast.literal_eval(arg) for arg in args],
            {str(k): v for k, v in given.items()},
        )
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise ConfigError(
            f"expected a name, or a call of it with literal arguments, got {call!r}", hint=EXAMPLE
        ) from None


def _run(text: str, factory: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
    try:
        return factory(*args, **kwargs)
    except (Exception, SystemExit) as error:
        raise failure(text, error) from error


def _no_module(text: str, found: object) -> ImportingError:
    kind = found.__name__ if isinstance(found, type) else type(found).__name__
    return ImportingError(
        f"{text!r} gives {kind!r}, expected a torch.nn.Module",
        hint="Name a function that returns a module, a class of modules, or a module.",
    )
