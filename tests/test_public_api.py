"""Public names: listed, resolvable, documented, and cheap to import."""

from __future__ import annotations

import ast
import doctest
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(
    file
    for package in ("nas", "search_spaces", "hypernets", "cli")
    for file in (ROOT / package).rglob("*.py")
)


_TOOL = "nas.registry"
"""Home of what makes the names of a package lazy."""


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [name_of(file) for file in FILES]
LISTING = [name_of(file) for file in FILES if "__all__" in file.read_text()]


def listed(package: str) -> list[str]:
    names: list[str] = import_module(package).__all__
    return names


def sorting_key(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, each by name."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("package", LISTING)
def test_listed_names_are_sorted_and_exist(package):
    names = listed(package)
    assert names == sorted(set(names), key=sorting_key)
    for name in names:
        assert hasattr(import_module(package), name), name


@pytest.mark.parametrize("package", LISTING)
def test_a_package_lists_all_it_offers(package):
    """What an ``__init__`` imports from its own package is there to be offered."""
    tree = ast.parse(Path(str(import_module(package).__file__)).read_text())
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    offered = {
        alias.asname or alias.name
        for node in statements
        if (node.module or "").startswith(package.split(".")[0]) and node.module != _TOOL
        for alias in node.names
    }
    assert offered <= set(listed(package))


@pytest.mark.parametrize("package", ["nas.graph.ops", "nas.graph", "nas.space", "nas.study"])
def test_main_packages_list_their_names(package):
    assert listed(package)


def test_top_level_names_are_found_lazily():
    import nas

    assert set(nas.__all__) <= set(dir(nas))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = nas.nonsense


@pytest.mark.parametrize("command", ["rank", "search"])
def test_commands_are_functions_of_the_package(command):
    import nas

    assert callable(getattr(nas, command))


def test_importing_the_package_does_not_import_torch_and_warns_of_nothing():
    code = "import sys, nas; print([m for m in ('torch', 'optuna', 'numpy') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_public_names_are_documented():
    found = {name: import_module(name) for name in MODULES}
    bare = [name for name, module in found.items() if not inspect.getdoc(module)]
    bare += [
        f"{name}.{path}"
        for name, module in found.items()
        for path, thing in public_things(module)
        if not inspect.getdoc(thing) or is_generated(thing)
    ]
    assert bare == []


def public_things(module):
    """Public functions, classes, and the methods that override nothing, tests aside."""
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(thing):
            yield name, thing
            for inner in own_methods(thing):
                yield f"{name}.{inner}", getattr(thing, inner)
        elif inspect.isfunction(thing):
            yield name, thing


def own_methods(cls: type) -> list[str]:
    return [
        name
        for name, member in vars(cls).items()
        if inspect.isfunction(member) or isinstance(member, staticmethod | classmethod)
        if not name.startswith(("_", "test_", "pytest_"))
        if not any(hasattr(base, name) for base in cls.__bases__)
    ]


def is_generated(thing: object) -> bool:
    """Whether the docstring is only the signature that ``dataclass`` writes."""
    return inspect.isclass(thing) and (thing.__doc__ or "").startswith(f"{thing.__name__}(")


@pytest.mark.parametrize(
    "name", [n for n, f in zip(MODULES, FILES, strict=True) if ">>>" in f.read_text()]
)
def test_examples_run(name):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert not doctest.testmod(import_module(name), optionflags=flags).failed
