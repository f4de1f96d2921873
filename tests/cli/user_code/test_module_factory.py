from __future__ import annotations

import inspect
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from cli.user_code import module_factory
from cli.user_code.module_factory import is_factory, make_module
from nas.errors import ConfigError, ImportingError, NasError, UnknownNameError
from tests.cli.program import ARCHITECTURE

SOURCE = """
import os
import subprocess
from builtins import eval as evaluate
from functools import cache, partial, wraps
from os import system
from pathlib import Path
from subprocess import Popen, run
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

class Factory:
    def __call__(self):
        1 / 0

class Maker:
    @classmethod
    def make(cls, width=8):
        return Net(width)

    @staticmethod
    def plain():
        return Net(9)

@cache
def cached():
    return Net(10)

def decorated(function):
    @wraps(function)
    def inner(*args):
        return function(*args)
    return inner

@decorated
def wrapped():
    return Net(11)

def leaving():
    raise SystemExit(0)

NUMBER = 3
ready = Net(7)
called = Factory()
narrow = partial(Net, 12)
shell = partial(partial(system), "true")
path = Path("x")
"""


@pytest.fixture(autouse=True)
def _own_modules(monkeypatch):
    """Forget the user's modules that a test imported."""
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
        ("own_nets:Maker.make(3)", 3),
        ("own_nets:Maker.plain", 9),
        ("own_nets:cached", 10),
        ("own_nets:wrapped()", 11),
        ("own_nets:narrow", 12),
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
    ("text", "error", "message"),
    [
        ("own_nets:Nett", UnknownNameError, "'own_nets' has no 'Nett'. Did you mean 'Net'"),
        ("package:q", UnknownNameError, "has no 'q'. It has nothing."),
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
        ("own_nets:called", ImportingError, "gives 'Factory', expected a torch.nn.Module"),
        ("own_nets:Factory", ImportingError, "gives 'Factory', expected a torch.nn.Module"),
        ("own_nets:leaving", ImportingError, "fails: SystemExit"),
        ("own_nets:build({[]: 1})", ConfigError, "literal arguments"),
        ("own_nets:build(" + 5000 * "(" + "0", ConfigError, "literal arguments"),
        ("own_nets:build(" + "-" * 9000 + "1)", ConfigError, "literal arguments"),
        ("own_nets:build(NUMBER)", ConfigError, "literal arguments, got 'build(NUMBER)'"),
        ("own_nets:build(open('x'))", ConfigError, "literal arguments"),
        ("own_nets:build(**{})", ConfigError, "literal arguments"),
        ("own_nets:build(", ConfigError, "literal arguments"),
        ("own_nets:build()()", ConfigError, "literal arguments"),
        ("own_nets:build + 1", ConfigError, "literal arguments"),
    ],
)
def test_code_that_makes_no_module_is_refused(text, error, message):
    with pytest.raises(error) as caught:
        make_module(text)
    assert message in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "os:system('touch pwned')",
        "os.path:exists('x')",
        'builtins:eval(\'open("pwned", "w")\')',
        "own_nets:os.system('touch pwned')",
        "own_nets.py:system('touch pwned')",
        'own_nets:evaluate(\'open("pwned", "w")\')',
        "own_nets:Popen(['touch', 'pwned'])",
        "own_nets:run(['touch', 'pwned'])",
        "own_nets:subprocess.run(['touch', 'pwned'])",
        "own_nets:Path('pwned')",
        "own_nets:path.touch",
        "own_nets:shell",
        "torch:os.system('touch pwned')",
        "own_nets:__loader__.get_data('x')",
    ],
)
def test_nothing_of_python_itself_is_called(text):
    with pytest.raises(ConfigError, match="belongs to Python's standard library"):
        make_module(text)
    assert not Path("pwned").exists()
    assert not Path("x").exists()


_PLACES = ("own_nets", "./own_nets.py", "package.inner", "os", "builtins", "subprocess", "torch")
_NAMES = sorted({name for name in re.findall(r"[A-Za-z_]\w*", SOURCE) if name.isidentifier()})
_DUNDERS = ("__class__", "__call__", "__init__", "__globals__", "__func__", "__wrapped__", "func")
_ARGUMENTS = ("", "()", "(1)", "('touch pwned')", "(width=2)", "(['touch', 'pwned'])", "(*[])")


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    place=st.sampled_from(_PLACES),
    names=st.lists(st.sampled_from((*_NAMES, *_DUNDERS)), min_size=1, max_size=3),
    arguments=st.sampled_from(_ARGUMENTS),
)
def test_only_functions_and_networks_of_users_are_ever_called(place, names, arguments):
    called: list[Any] = []
    with pytest.MonkeyPatch.context() as patch, suppress(NasError):
        patch.setattr(module_factory, "_run", lambda _, found, *__: called.append(found))
        make_module(f"{place}:{'.'.join(names)}{arguments}")
    for found in called:
        found = getattr(found, "func", found)
        assert inspect.isroutine(found) or issubclass(found, nn.Module)
        home = found.__module__.partition(".")[0]
        assert home in ("own_nets", "package", "torch") or home.startswith("user_")
