"""Names of nodes, after the model's own."""

from __future__ import annotations

from functools import lru_cache
from keyword import iskeyword
from typing import TYPE_CHECKING

from nas.graph.faults import plain_name, reserved_names

if TYPE_CHECKING:
    from collections.abc import Iterable


class Namer:
    """Gives every node a unique name, after the model's name of its layer.

    ``"layer1.0.conv1.weight"`` belongs to the node ``"layer1_0.conv1"``: a number is no Python
    name, so it joins the name before it.

    Args:
        parameters: Names of all parameters, so that no node has the name of another's scope.
    """

    def __init__(self, parameters: Iterable[str]) -> None:
        self._taken: set[str] = set()
        self._scopes: set[str] = set()
        for name in parameters:
            layer = _identifiers(name.rpartition(".")[0])
            self._add_scopes(layer.rpartition(".")[0])

    def owner(self, parameter: str) -> str:
        """Name of the layer that a parameter belongs to."""
        return self.module(parameter.rpartition(".")[0] or parameter)

    def tensor(self, parameter: str) -> str:
        """Name of a node that is a parameter."""
        return self.module(parameter)

    def module(self, path: str) -> str:
        """Name of the node of a submodule."""
        return self._unique(_identifiers(path))

    def plain(self, text: str) -> str:
        """A name after the function of a node, numbered if it is taken."""
        return self._unique(_identifiers(text.replace(".", "_").strip("_") or "value"))

    def _unique(self, name: str) -> str:
        if any(scope in self._taken for scope in _scopes(name)):
            name = name.replace(".", "_")
        found, count = name, 1
        while found in self._taken or found in self._scopes:
            count += 1
            found = f"{name}_{count}"
        self._taken.add(found)
        self._add_scopes(found.rpartition(".")[0])
        return found

    def _add_scopes(self, scope: str) -> None:
        self._scopes.update((scope, *_scopes(scope)) if scope else ())


def _scopes(name: str) -> list[str]:
    """``["a.b", "a"]`` of ``"a.b.c"``."""
    found = []
    while scope := name.rpartition(".")[0]:
        found.append(scope)
        name = scope
    return found


def _identifiers(path: str) -> str:
    """A dotted path in which every part is a valid name of a submodule."""
    parts: list[str] = []
    for part in path.split("."):
        if part.isdigit():
            if parts:
                parts[-1] += f"_{part}"
            else:
                parts.append(f"_{part}")
        else:
            parts.append(_identifier(part))
    return ".".join(f"{part}_" if part in reserved_names() else part for part in parts)


@lru_cache(maxsize=4096)
def _identifier(part: str) -> str:
    word = "".join(c if f"_{c}".isidentifier() else "_" for c in plain_name(part))
    return f"_{word}" if iskeyword(word) or not word.isidentifier() else word
