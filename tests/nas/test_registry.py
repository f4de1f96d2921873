from __future__ import annotations

import math
import sys
from fractions import Fraction
from types import ModuleType

import pytest

from nas.errors import ConfigError, UnknownNameError
from nas.registry import Registry, lazy_names


@pytest.fixture
def colours() -> Registry[int]:
    registry: Registry[int] = Registry("colour")
    registry.register("red")(0xFF0000)
    registry.register("blue")(0x0000FF)
    return registry


def test_reads_like_a_sorted_mapping(colours: Registry[int]) -> None:
    assert colours.get("red") == 0xFF0000
    assert colours.names() == list(colours) == ["blue", "red"]
    assert len(colours) == 2
    assert "red" in colours
    assert "green" not in colours
    assert 7 not in colours


def test_a_decorator_returns_the_registered_object() -> None:
    kinds: Registry[type] = Registry("kind")

    @kinds.register("thing")
    class Thing: ...

    assert kinds.get("thing") is Thing


def test_a_name_is_taken_once(colours: Registry[int]) -> None:
    with pytest.raises(ConfigError, match="colour 'red' is registered already"):
        colours.register("red")(1)
    assert colours.get("red") == 0xFF0000


def test_an_unknown_name_suggests_the_nearest(colours: Registry[int]) -> None:
    with pytest.raises(UnknownNameError) as caught:
        colours.get("bleu")
    assert caught.value.message == "unknown colour 'bleu'. Did you mean 'blue'?"
    assert caught.value.hint == "Known: blue, red."


def test_a_name_like_no_other_suggests_nothing(colours: Registry[int]) -> None:
    with pytest.raises(UnknownNameError) as caught:
        colours.get("xyz")
    assert caught.value.message == "unknown colour 'xyz'."


def test_a_thing_is_registered_for_a_while(colours: Registry[int]) -> None:
    with colours.temporarily("green", 0x00FF00):
        assert colours.get("green") == 0x00FF00
        with pytest.raises(ConfigError, match="registered already"), colours.temporarily("red", 1):
            pass
    assert colours.names() == ["blue", "red"]


def test_names_are_imported_when_first_used(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("package")
    monkeypatch.setitem(sys.modules, "package", package)
    get, names = lazy_names("package", {"Fraction": "fractions", "tau": "math:pi"})
    assert "Fraction" not in vars(package)
    assert get("Fraction") is Fraction is vars(package)["Fraction"]
    assert get("tau") == math.pi
    assert {"Fraction", "tau"} <= set(names())
    with pytest.raises(AttributeError, match="module 'package' has no attribute 'e'"):
        get("e")
