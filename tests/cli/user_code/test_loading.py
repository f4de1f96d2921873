"""A user's file behaves as ``python FILE`` would, and replaces nothing of this program."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest

import hypernets
from cli.space import find_space
from cli.user_code.loading import find, load
from cli.user_code.module_factory import make_module
from nas.errors import ConfigError, ImportingError, UnknownNameError
from nas.task.task import Task
from tests.cli.program import nas

DIGITS = Task(classes=10, channels=1, resolution=8)
NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self, inputs=64):
        super().__init__()
        self.layer = nn.Linear(inputs, 10)

    def forward(self, x):
        return self.layer(x.flatten(1))
"""


@pytest.fixture(autouse=True)
def _apart(monkeypatch):
    """What a test imports is unknown to the next one."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    here = str(Path.cwd())
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(here):
            del sys.modules[name]


def write(path: str, source: str) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(source)
    return path


def outputs(text: str) -> int:
    """Of the network that a file makes."""
    return len(make_module(text).get_parameter("layer.weight"))


@pytest.mark.parametrize(
    "imported",
    ["from neighbour import Net", "from .neighbour import Net", "from . import neighbour"],
)
def test_a_file_imports_its_neighbour(imported):
    write("models/neighbour.py", NET)
    write("models/net.py", f"{imported}\nbuild = Net if 'Net' in dir() else neighbour.Net\n")

    assert outputs("models/net.py:build") == 10


def test_a_neighbour_is_found_when_a_function_imports_it_later():
    write("models/later.py", NET)
    write("models/net.py", "def build():\n    from later import Net\n    return Net()\n")

    assert outputs("models/net.py:build") == 10


def test_a_neighbour_comes_before_an_installed_package_of_the_same_name():
    write("models/pluggy.py", NET)
    write("models/net.py", "import sys\nsys.modules.pop('pluggy', 0)\nfrom pluggy import Net\n")
    installed = sys.modules["pluggy"]
    try:
        assert outputs("models/net.py:Net") == 10
    finally:
        sys.modules["pluggy"] = installed


@pytest.mark.parametrize(
    ("file", "imported"), [("net/small.py", ".base"), ("net/parts/small.py", "..base")]
)
def test_a_file_of_a_package_reaches_the_rest_of_it(file, imported):
    write("net/__init__.py", "from .base import Net\n")
    write("net/base.py", NET)
    write("net/parts/__init__.py", "from .small import Net\n")
    write(file, f"from {imported} import Net\n")

    assert outputs(f"{file}:Net") == 10


def test_a_relative_import_reaches_a_folder_without_init():
    write("project/base.py", NET)
    write("project/models/net.py", "from ..base import Net\n")

    assert outputs("project/models/net.py:Net") == 10


@pytest.mark.parametrize(
    "name", ["torch", "cli", "nas", "hypernets", "search_spaces", "numpy", "user.code", "2 nets"]
)
def test_a_file_of_any_name_replaces_no_module(name):
    program = hypernets.load
    before = dict(sys.modules)
    write(f"models/{name}.py", NET)
    module = make_module(f"models/{name}.py:Net")

    assert module.get_parameter("layer.weight").shape[0] == 10
    assert all(sys.modules[known] is before[known] for known in before)
    assert hypernets.load is program
    assert set(sys.modules) - set(before) <= {n for n in sys.modules if n.startswith("user_")}


def test_neighbours_called_like_this_program_are_not_taken_for_it():
    for name in ("torch", "nas", "rich"):
        write(f"models/{name}.py", "1 / 0")
    write("models/net.py", f"import nas, rich\nnas.GraphBuilder\nrich.print\n{NET}")

    assert outputs("models/net.py:Net") == 10


@pytest.mark.parametrize("name", ["cli", "rich", "random"])
def test_a_neighbour_called_like_a_module_in_use_is_named(name):
    write(f"models/{name}.py", "size = 8")
    with pytest.raises(ImportingError, match=f"fails: ImportError.*'{name}'") as caught:
        load(write("models/net.py", f"from {name} import size"))

    assert f"give 'models/{name}.py' another name" in str(caught.value.hint)


def test_a_module_made_from_a_file_is_pickled():
    module = make_module(f"{write('net.py', NET)}:Net")

    assert type(pickle.loads(pickle.dumps(module))) is type(module)


def test_the_same_file_is_executed_once_and_a_changed_one_again():
    write("counted.py", "number = object()\n")
    first = find("counted.py", ["number"])
    assert find("./counted.py", ["number"]) is first
    write("counted.py", "number = object()  # changed\n")
    assert find("counted.py", ["number"]) is not first


def test_the_guard_of_a_script_is_not_entered():
    write("script.py", f"{NET}\nif __name__ == '__main__':\n    1 / 0\n")

    assert outputs("script.py:Net") == 10


def test_a_space_and_a_network_come_from_one_file():
    source = f"from helpers import nn\n{NET}\ndef build(trial, data):\n    return Net()\n"
    write("mine/torch.py", source)
    write("mine/helpers.py", "from torch import nn\n")
    space = find_space("mine/torch.py:build", DIGITS)

    assert (space.name, space.source) == ("torch", "mine/torch.py:build")
    assert len(space.graph({}).parameters()) == 2
    assert outputs("mine/torch.py:Net") == 10
    assert nas("spaces", "mine/torch.py:build", "--dataset", "digits").code == 0


def test_a_module_in_the_way_of_a_file_is_named():
    write("cli.py", NET)
    with pytest.raises(UnknownNameError, match=r"for the file write cli\.py:NAME"):
        make_module("cli:Net")


@pytest.mark.parametrize("source", ["import sys; sys.exit(0)", "exit()", "raise SystemExit"])
def test_a_file_that_ends_the_program_is_an_error(source):
    with pytest.raises(ImportingError, match=r"leaves\.py' fails: SystemExit"):
        load(write("leaves.py", source))


def test_a_file_that_fails_is_not_taken_for_loaded():
    write("faulty.py", "1 / 0")
    for _ in range(2):
        with pytest.raises(ImportingError, match="ZeroDivisionError"):
            load("faulty.py")


@pytest.mark.parametrize("place", ["os", "builtins", "antigravity", "subprocess", "os.path"])
def test_the_standard_library_is_not_imported(place):
    before = set(sys.modules)
    with pytest.raises(ConfigError, match="belongs to Python's standard library"):
        load(place)
    assert set(sys.modules) == before


def test_a_file_called_like_a_module_of_python_is_the_users():
    write("antigravity.py", f"{NET}\ndef build():\n    return Net()\n")

    assert outputs("antigravity:Net") == 10
    assert outputs("antigravity:build") == 10


@pytest.mark.parametrize("name", ["Popen", "run", "system", "Path", "Recorder"])
def test_what_makes_no_space_is_not_called(name):
    write(
        "space.py",
        "from subprocess import Popen, run\nfrom os import system\nfrom pathlib import Path\n"
        "class Recorder:\n    def __init__(self, **given):\n        1 / 0\n",
    )
    answer = nas("spaces", f"space.py:{name}")
    assert answer.code == 2
    assert answer.error
