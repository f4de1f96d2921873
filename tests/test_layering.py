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
    ("nas.plots",),
    ("nas.study",),
    ("nas.measure",),
    ("nas.evaluate", "nas.exporting"),
    ("nas.space", "nas.training"),
    ("nas.importers",),
    ("nas.modules",),
    ("nas.data",),
    ("nas.task", "nas.predictor"),
    ("nas.compile", "nas.analysis", "nas.drawing"),
    ("nas.graph",),
    ("nas.resume", "nas.execution"),
    (
        "nas.registry",
        "nas.config",
        "nas.seeding",
        "nas.events",
        "nas.files",
        "nas.raised",
        "nas.allocator",
    ),
    ("nas.errors", "nas.metric"),
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
def tree_of(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text())


@cache
def imports(module: str, *, at_run_time: bool = False) -> frozenset[str]:
    """Every module that a module imports, those for type checking included by default."""
    found: set[str] = set()
    for node in nodes(tree_of(module), at_run_time):
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


def test_imports_point_down():
    upward = {
        module: met
        for module in modules()
        if module != FACADE
        for met in [[name for name in own_imports(module) if not is_below(name, module)]]
        if met
    }
    assert upward == {}, "modules import from their own layer or one above"


def is_below(name, module):
    own, other = unit(module), unit(name)
    return own == other or LEVEL.get(other, 0) < LEVEL[own]


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


def test_only_the_command_line_prints():
    assert [name for name in modules() if unit(name) != "cli" and prints(name)] == []


def test_prints_are_found(monkeypatch, tmp_path):
    for number, code in enumerate(("print(1)", "import rich", "import sys; sys.stderr.write('')")):
        file = tmp_path / f"probe{number}.py"
        file.write_text(code)
        monkeypatch.setitem(modules(), f"probe{number}", file)
        assert prints(f"probe{number}")


def prints(module: str) -> bool:
    parts = list(ast.walk(tree_of(module)))
    calls = [part.func for part in parts if isinstance(part, ast.Call)]
    called = {call.id for call in calls if isinstance(call, ast.Name)}
    streams = [n for n in parts if isinstance(n, ast.Attribute) and n.attr in {"stdout", "stderr"}]
    return (
        "print" in called
        or any(is_sys(stream.value) for stream in streams)
        or bool({name.split(".")[0] for name in imports(module)} & PRINTING)
    )


def is_sys(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "sys"
