"""Networks that users name by their Python: ``package.module:factory(argument=1)``."""

from __future__ import annotations

import ast
import re
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError, ImportingError, NasError, UnknownNameError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from torch import nn

_FORM = re.compile(r"(?P<place>[A-Za-z_][\w.]*|[^:|{}\"]+\.py):(?P<call>[A-Za-z_].*)", re.DOTALL)
_EXAMPLE = "Write it like models.resnet:resnet18(classes=10), or models/resnet.py:resnet18."


def is_factory(text: str) -> bool:
    """Whether an argument of the command line names Python rather than a file or a notation."""
    return _FORM.fullmatch(text) is not None


def make_module(text: str) -> nn.Module:
    """The network that a factory makes.

    The factory is a function, a class of modules, or a module that is there already, in an
    importable module (the working directory counts) or in a file. Arguments are literals.

    Args:
        text: ``package.module:factory``, ``package.module:factory(arguments)`` or the same with
            ``path/to/file.py``.

    Raises:
        ConfigError: The text is no such call.
        UnknownNameError: There is no such module or no such factory.
        ImportingError: The user's code fails, or makes something else.
    """
    from torch import nn

    form = _FORM.fullmatch(text)
    if form is None:
        raise ConfigError(f"{text!r} names no network", hint=_EXAMPLE)
    names, args, kwargs = _parsed(form["call"])
    found = _found(_loaded(form["place"]), names, form["place"])
    called = "(" in form["call"]
    if not called and isinstance(found, nn.Module):
        return found
    if not callable(found):
        raise _no_module(text, found)
    made = _run(text, found, args, kwargs)
    if not isinstance(made, nn.Module):
        raise _no_module(text, made)
    return made


def find_in_file(file: str, name: str) -> Any:
    """What has a dotted name in a Python file.

    Raises:
        UnknownNameError: There is no such file, or nothing of that name in it.
        ImportingError: The file fails.
    """
    return _found(_loaded(file), name.split("."), file)


def _parsed(call: str) -> tuple[list[str], list[Any], dict[str, Any]]:
    """Dotted name and arguments of a call."""
    try:
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
    except (SyntaxError, ValueError):
        raise ConfigError(
            f"expected a name, or a call of it with literal arguments, got {call!r}", hint=_EXAMPLE
        ) from None


def _loaded(place: str) -> ModuleType:
    """An importable module, or a file as a module."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return _from_file(Path(place)) if place.endswith(".py") else import_module(place)
    except ModuleNotFoundError as error:
        if not error.name or not f"{place}.".startswith(f"{error.name}."):
            raise _failure(place, error) from error
        known = [path.stem for path in Path().glob("*.py")]
        known += [path.parent.name for path in Path().glob("*/__init__.py")]
        raise UnknownNameError(
            f"no Python module {error.name!r} in {here!r} or among the installed ones",
            hint=nearest(error.name, known) or _EXAMPLE,
        ) from None
    except NasError:
        raise
    except Exception as error:
        raise _failure(place, error) from error


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UnknownNameError(
            f"no file {str(path)!r}",
            hint=nearest(path.name, [file.name for file in path.parent.glob("*.py")]) or _EXAMPLE,
        )
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _found(module: ModuleType, names: list[str], place: str) -> Any:
    thing: Any = module
    for name in names:
        if not hasattr(thing, name):
            known = [known for known in dir(thing) if not known.startswith("_")]
            raise UnknownNameError(
                f"{place!r} has no {name!r}",
                hint=nearest(name, known) or f"It has {', '.join(known[:8]) or 'nothing'}.",
            )
        thing = getattr(thing, name)
    return thing


def _run(text: str, factory: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
    try:
        return factory(*args, **kwargs)
    except Exception as error:
        raise _failure(text, error) from error


def _failure(text: str, error: Exception) -> ImportingError:
    return ImportingError(
        f"{text!r} fails: {type(error).__name__}: {error}",
        hint="NAS_DEBUG=1 shows where it happens.",
    )


def _no_module(text: str, found: object) -> ImportingError:
    kind = found.__name__ if isinstance(found, type) else type(found).__name__
    return ImportingError(
        f"{text!r} gives {kind!r}, expected a torch.nn.Module",
        hint="Name a function that returns one, a class of them, or one itself.",
    )
