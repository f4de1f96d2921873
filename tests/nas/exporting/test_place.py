from __future__ import annotations

import pytest
from torch import nn

from nas.exporting.place import place, placed

PLACES = {
    "conv": ("self.conv", "self.conv = 1"),
    "cell0.conv": ("self.cell0.conv", "self.cell0.conv = 1"),
    "_a.__b__": ("self._a.__b__", "self._a.__b__ = 1"),
    "__a": ("self.get_submodule('__a')", "self.add_module('__a', 1)"),
    "a.__b.c": ("self.a.get_submodule('__b').c", "self.a.get_submodule('__b').c = 1"),
    "a.__debug__": ("self.a.get_submodule('__debug__')", "self.a.add_module('__debug__', 1)"),
}


@pytest.mark.parametrize("path", PLACES)
def test_places(path: str) -> None:
    assert (place(path), placed(path, "1")) == PLACES[path]


@pytest.mark.parametrize("path", PLACES)
def test_a_class_finds_its_submodule_under_the_whole_name(path: str) -> None:
    *scopes, _ = path.split(".")
    outer = [placed(".".join(scopes[:n]), "nn.Module()") for n in range(1, len(scopes) + 1)]
    lines = [*outer, placed(path, "nn.ReLU()"), f"self.found = {place(path)}"]
    scope = {"nn": nn}
    body = "".join(f"        {line}\n" for line in lines)
    exec(
        f"class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n{body}", scope
    )
    made = eval("N()", scope)
    assert made.get_submodule(path) is made.found
