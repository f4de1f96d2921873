"""Imports point down the layers, never up or sideways, read from the source."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("nas", "search_spaces", "hypernets", "cli")
LAYERS: tuple[tuple[str, ...], ...] = (
    ("cli",),
    ("search_spaces", "hypernets"),
    ("nas.report", "nas.testing"),
    ("nas.study",),
    ("nas.evaluate", "nas.export"),
    ("nas.space", "nas.train"),
    ("nas.importers",),
    ("nas.modules",),
    ("nas.data",),
    ("nas.task", "nas.predictor"),
    ("nas.compile", "nas.analysis"),
    ("nas.graph",),
    ("nas.registry", "nas.config", "nas.seeding", "nas.events", "nas.files"),
    ("nas.errors",),
)
LEVEL = {unit: -depth for depth, layer in enumerate(LAYERS) for unit in layer}
FACADE = "nas"
"""The package itself: it offers names of all layers, and nothing inside reads them from there."""
PRINTING = {"click", "rich"}


@cache
def modules() -> dict[str, Path]:
    """Source files by module name."""
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {name_of(file): file for file in files}


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(module: str, *, at_run_time: bool = False) -> frozenset[str]:
    """Every module that a module imports, those for type checking included by default."""
    tree = ast.parse(modules()[module].read_text())
    found: set[str] = set()
    for node in nodes(tree, at_run_time):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} has a relative import in line {node.lineno}"
            assert node.module
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(inner & modules().keys() or {node.module})
    return frozenset(found)


def nodes(tree: ast.AST, at_run_time: bool):
    """All nodes; with ``at_run_time`` only those that run when the module is imported."""
    for child in ast.iter_child_nodes(tree):
        if at_run_time and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if at_run_time and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from nodes(child, at_run_time)


def own_imports(module: str, *, at_run_time: bool = False) -> list[str]:
    found = imports(module, at_run_time=at_run_time)
    return sorted(name for name in found if name.split(".")[0] in PACKAGES)


def unit(module: str) -> str:
    """The part of the layer list a module belongs to."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "nas" else parts[0]


def test_the_reader_sees_imports_of_every_kind(monkeypatch, tmp_path):
    file = tmp_path / "probe.py"
    file.write_text(
        "from typing import TYPE_CHECKING\n"
        "import nas.errors as e\n"
        "if TYPE_CHECKING:\n    from nas.graph import op\n"
        "def f():\n    from nas.study.search import search\n"
    )
    monkeypatch.setitem(modules(), "probe", file)
    expected = ["nas.errors", "nas.graph.op", "nas.study.search"]
    assert own_imports("probe") == expected
    assert own_imports("probe", at_run_time=True) == ["nas.errors"]


def test_the_documented_layers_are_these():
    text = (ROOT / "docs/design.md").read_text()
    block = text.partition("## Layers\n\n```\n")[2].partition("\n```")[0]
    listed = tuple(tuple(line.split(" | ")) for line in block.splitlines())
    assert listed == LAYERS


def test_no_folder_is_crowded():
    counts = Counter(file.parent.relative_to(ROOT) for file in modules().values())
    assert {str(folder): count for folder, count in counts.items() if count > 20} == {}


def test_every_module_has_a_layer():
    assert {unit(module) for module in modules()} <= {*LEVEL, FACADE}


@pytest.mark.parametrize("module", [name for name in modules() if name != FACADE])
def test_imports_point_down(module):
    own = unit(module)
    others = [name for name in own_imports(module) if unit(name) != own]
    upward = [name for name in others if LEVEL.get(unit(name), 0) >= LEVEL[own]]
    assert not upward, f"{module} ({own}) imports from its own layer or one above: {upward}"


def test_spaces_and_hypernetworks_do_not_know_each_other():
    for one, other in [("search_spaces", "hypernets"), ("hypernets", "search_spaces")]:
        met = [m for m in modules() if unit(m) == one for i in own_imports(m) if unit(i) == other]
        assert not met


def test_modules_import_the_leaf_and_not_the_package():
    hubs = {name for name, file in modules().items() if file.name == "__init__.py"}
    wiring = {"cli"}  # takes the finished product by its public names
    hub_users = {
        module: met
        for module in modules()
        if unit(module) not in wiring and module not in hubs
        for met in [[name for name in own_imports(module) if name in hubs]]
        if met
    }
    assert hub_users == {}


@pytest.mark.parametrize("at_run_time", [False, True], ids=["types included", "at run time"])
def test_no_import_cycles(at_run_time):
    state: dict[str, str] = {}

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert state.get(module) != "open", f"cycle: {' -> '.join((*path, module))}"
        if module in state or module not in modules():
            return
        state[module] = "open"
        for name in own_imports(module, at_run_time=at_run_time):
            visit(name, (*path, module))
        state[module] = "done"

    for module in modules():
        visit(module, ())


@pytest.mark.parametrize("module", [name for name in modules() if unit(name) != "cli"])
def test_only_the_command_line_prints(module):
    tree = ast.parse(modules()[module].read_text())
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    assert "print" not in names
    assert not {name.split(".")[0] for name in imports(module)} & PRINTING
    streams = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
    assert not [n for n in streams if n.attr in {"stdout", "stderr"} and is_sys(n.value)]


def is_sys(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "sys"
