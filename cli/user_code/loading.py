"""Python that users name on the command line: an importable module, or a file."""

from __future__ import annotations

import ast
import inspect
import sys
import sysconfig
import warnings
from contextlib import contextmanager
from hashlib import blake2b
from importlib import import_module, invalidate_caches
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from cli.user_code.optional_packages import torchvision_problem
from nas.errors import ConfigError, ImportingError, NasError, UnknownNameError, nearest
from nas.raised import PACKAGES, error_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

EXAMPLE = "Write it like models.resnet:resnet18(classes=10), or models/resnet.py:resnet18."

_NEEDED = "PIL click networkx numpy optuna rich safetensors scipy sklearn torch torch_geometric"
_KEPT = {*PACKAGES, *_NEEDED.split()}
"""Packages that a user's file of the same name does not replace: this program is at work."""
_STANDARD = Path(sysconfig.get_path("stdlib")).resolve()


def load(place: str) -> ModuleType:
    """An importable module, the working directory included, or a file as a module.

    A file finds its neighbours as under ``python FILE``. It is loaded under a private name, so
    that one called ``torch.py`` replaces nothing; if it has relative imports, it is a part of the
    package it lies in. The same file is loaded once.

    Raises:
        ConfigError: The module is one of the standard library.
        UnknownNameError: There is no such module or file.
        ImportingError: It fails.
    """
    invalidate_caches()
    for folder in _folders(place):
        if folder not in sys.path:
            sys.path.append(folder)  # for what is imported when functions of it are called
    with beside(place):
        try:
            return _from_file(Path(place)) if place.endswith(".py") else _by_name(place)
        except NasError:
            raise
        except (Exception, SystemExit) as error:
            raise failure(place, error, hint=_not_taken(place, error)) from error


def find(place: str, names: Sequence[str]) -> Any:
    """What has a dotted name in a module or file.

    Raises:
        ConfigError: The module is one of the standard library.
        UnknownNameError: There is no such module or file, or nothing of that name in it.
        ImportingError: It fails.
    """
    module = thing = load(place)
    for name in names:
        try:
            thing = getattr(thing, name)
        except AttributeError:
            known = [known for known in dir(thing) if not known.startswith("_")]
            raise UnknownNameError(
                f"{place!r} has no {name!r}",
                hint=_namesake(place, module)
                or nearest(name, known)
                or f"It has {', '.join(known[:8]) or 'nothing'}.",
            ) from None
        except (Exception, SystemExit) as error:
            raise failure(place, error) from error
    return thing


@contextmanager
def beside(place: str) -> Iterator[None]:
    """While active, modules beside a file, or in the working directory, are found first."""
    finder = _Neighbours(_folders(place))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def is_standard(thing: object) -> bool:
    """Whether code belongs to the standard library, wherever it was imported from."""
    inner: Any = inspect.unwrap(thing) if isinstance(thing, FunctionType) else thing
    homes = (getattr(inner, "__module__", None), _globals(inner).get("__name__"))
    return any(isinstance(home, str) and _of_standard_library(home) for home in homes)


def standard_refused(text: str) -> ConfigError:
    """The error for what belongs to Python itself."""
    return ConfigError(
        f"{text!r} belongs to Python's standard library, expected code of yours or of an "
        "installed package",
        hint=EXAMPLE,
    )


def failure(text: str, error: BaseException, *, hint: str = "") -> ImportingError:
    """The error for code of the user's that raises one."""
    problem = torchvision_problem(error)
    if problem is not None:
        return ImportingError(f"{text!r} fails: {problem.message}", hint=problem.hint)
    return ImportingError(
        f"{text!r} fails: {error_text(error)}",
        hint=hint or "Correct it there; NAS_DEBUG=1 shows the traceback.",
    )


class _Neighbours:
    """Finds modules in folders before all others, but none in the place of those at work."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = folders

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As the import system asks for it."""
        if path is not None or name in _KEPT:
            return None
        found = PathFinder.find_spec(name, self._folders)
        return None if found is None or found.loader is None else found  # folders come last


def _globals(thing: object) -> dict[str, Any]:
    return thing.__globals__ if isinstance(thing, FunctionType) else {}


def _folders(place: str) -> list[str]:
    here = str(Path.cwd())
    if not place.endswith(".py"):
        return [here]
    return list(dict.fromkeys((str(Path(place).resolve().parent), here)))


def _by_name(place: str) -> ModuleType:
    top = place.partition(".")[0]
    if top in sys.stdlib_module_names and (
        _of_standard_library(top)
        if top in sys.modules
        else PathFinder.find_spec(top, _folders(place)) is None
    ):
        raise standard_refused(place)
    try:
        return import_module(place)
    except ModuleNotFoundError as error:
        if not error.name or not f"{place}.".startswith(f"{error.name}."):
            raise
        known = [path.stem for path in Path().glob("*.py")]
        known += [path.parent.name for path in Path().glob("*/__init__.py")]
        raise UnknownNameError(
            f"no Python module {error.name!r} in {str(Path.cwd())!r} or among the installed ones",
            hint=nearest(error.name, known) or EXAMPLE,
        ) from None


def _of_standard_library(module: str) -> bool:
    """Whether a module that was imported is one of Python's own; users have a ``test.py`` too."""
    top = module.partition(".")[0]
    if top not in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(top), "__file__", None)
    return file is None or Path(file).resolve().is_relative_to(_STANDARD)


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UnknownNameError(
            f"no file {str(path)!r}",
            hint=nearest(path.name, [file.name for file in path.parent.glob("*.py")]) or EXAMPLE,
        )
    path = path.resolve()
    source = path.read_bytes()
    root, packages = _package(path, _level(source))
    digest = blake2b(bytes(path) + b"\0" + source, digest_size=8).hexdigest()
    private = f"user_{digest}"
    name = ".".join([private, *packages, path.stem.replace(".", "_")])
    if name in sys.modules:
        return sys.modules[name]
    parent = ModuleSpec(private, None, is_package=True)
    parent.submodule_search_locations = [str(root)]
    sys.modules.setdefault(private, module_from_spec(parent))
    if packages:
        import_module(name.rpartition(".")[0])  # which may import the file
    return sys.modules.get(name) or _executed(name, path)


def _executed(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _level(source: bytes) -> int:
    """How many dots the longest relative import of a file has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they come when it is executed
        tree = ast.parse(source)
    return max((n.level for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)), default=0)


def _package(path: Path, level: int) -> tuple[Path, list[str]]:
    """The folder above all packages that a file lies in, and their names.

    Without relative imports a file is a script, and is in none.
    """
    root: Path = path.parent
    packages: list[str] = []
    while level and root != root.parent:
        if not (root / "__init__.py").is_file() and len(packages) >= level - 1:
            break
        packages.insert(0, root.name)
        root = root.parent
    return root, packages


def _namesake(place: str, module: ModuleType) -> str:
    """The way to a file of the user's called like a module that is in use."""
    file = Path(*place.split(".")).with_suffix(".py")
    found = getattr(module, "__file__", None)
    if place.endswith(".py") or not file.is_file() or not found or file.samefile(found):
        return ""
    return f"That is the module {found}; for the file write {file}:NAME."


def _not_taken(place: str, error: BaseException) -> str:
    """The way to a neighbour in whose stead a module that is in use was imported."""
    name = error.name if isinstance(error, ImportError) else None
    file = Path(place).parent / f"{name}.py"
    if name not in sys.modules or not place.endswith(".py") or not file.is_file():
        return ""
    return f"{name!r} is a module that is in use here; give {str(file)!r} another name."
