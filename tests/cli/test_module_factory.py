from __future__ import annotations

import sys
from pathlib import Path

import pytest
from torch import nn

from cli.module_factory import is_factory, make_module
from nas.errors import ConfigError, ImportingError, UnknownNameError
from tests.cli.program import ARCHITECTURE

SOURCE = """
from torch import nn

class Net(nn.Module):
    def __init__(self, width=3, *, name="", sizes=()):
        super().__init__()
        self.layer, self.name, self.sizes = nn.Linear(width, 2), name, sizes

class Nested:
    small = nn.Linear(1, 1)

def build(width=5):
    return Net(width)

def broken():
    raise KeyError("depth")

def nothing():
    return {}

NUMBER = 3
ready = Net(7)
"""


@pytest.fixture(autouse=True)
def _own_modules(monkeypatch):
    """Modules of the user's, imported by a test, are unknown to the next one."""
    Path("own_nets.py").write_text(SOURCE)
    Path("package").mkdir()
    Path("package/__init__.py").touch()
    Path("package/inner.py").write_text(SOURCE)
    Path("failing.py").write_text("import no_such_library\n")
    Path("faulty.py").write_text("1 / 0\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("own_nets:Net", 3),
        ("own_nets:Net()", 3),
        ("own_nets:Net(width=4)", 4),
        ("own_nets:Net(4, name='a:b(c)', sizes=[1, {'k': -2}])", 4),
        ("own_nets:build", 5),
        ("own_nets:build(6)", 6),
        ("own_nets:ready", 7),
        ("own_nets:Nested.small", 1),
        ("package.inner:build", 5),
        ("own_nets.py:build(width=2)", 2),
        ("./package/inner.py:Net", 3),
    ],
)
def test_python_that_makes_a_module(text, width):
    assert is_factory(text)
    module = make_module(text)
    assert isinstance(module, nn.Module)
    assert (
        module.get_parameter("weight" if isinstance(module, nn.Linear) else "layer.weight").shape[
            1
        ]
        == width
    )


def test_modules_of_installed_packages_are_found():
    assert isinstance(make_module("torch.nn:ReLU(inplace=True)"), nn.ReLU)


@pytest.mark.parametrize(
    "text",
    ["", "own_nets", "arch.json", ARCHITECTURE, '{"depth": "a:b"}', "runs/x", "nasnet:", ":Net"],
)
def test_other_forms_of_a_model_are_no_python(text):
    assert not is_factory(text)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("own_nets:Nett", UnknownNameError, "'own_nets' has no 'Nett'. Did you mean 'Net'"),
        ("own_nets:q", UnknownNameError, "has no 'q'. It has NUMBER, Nested, Net"),
        ("own_net:Net", UnknownNameError, "no Python module 'own_net'"),
        ("own_net:Net", UnknownNameError, "Did you mean 'own_nets'?"),
        ("package.outer:Net", UnknownNameError, "no Python module 'package.outer'"),
        ("own_netz.py:Net", UnknownNameError, "Did you mean 'own_nets.py'?"),
        ("failing:Net", ImportingError, "ModuleNotFoundError: No module named 'no_such_library'"),
        ("faulty:Net", ImportingError, "'faulty' fails: ZeroDivisionError"),
        ("own_nets:broken", ImportingError, "'own_nets:broken' fails: KeyError: 'depth'"),
        ("own_nets:build(widht=3)", ImportingError, "unexpected keyword argument 'widht'"),
        ("own_nets:nothing", ImportingError, "gives 'dict', expected a torch.nn.Module"),
        ("own_nets:NUMBER", ImportingError, "gives 'int', expected a torch.nn.Module"),
        ("own_nets:Nested", ImportingError, "gives 'Nested', expected a torch.nn.Module"),
        ("own_nets:build(NUMBER)", ConfigError, "literal arguments, got 'build(NUMBER)'"),
        ("own_nets:build(open('x'))", ConfigError, "literal arguments"),
        ("own_nets:build(**{})", ConfigError, "literal arguments"),
        ("own_nets:build(", ConfigError, "literal arguments"),
        ("own_nets:build()()", ConfigError, "literal arguments"),
        ("own_nets:build + 1", ConfigError, "literal arguments"),
    ],
)
def test_what_makes_no_module_is_refused(text, error, said):
    with pytest.raises(error) as caught:
        make_module(text)
    assert said in str(caught.value)
    assert caught.value.hint
