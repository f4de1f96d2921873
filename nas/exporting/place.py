"""Expressions for the submodules of a written class."""

from __future__ import annotations

from functools import reduce


def place(path: str) -> str:
    """The expression for a submodule: ``self.cell0.conv`` of ``"cell0.conv"``."""
    return reduce(_inside, path.split("."), "self")


def placed(path: str, value: str) -> str:
    """The statement that assigns a submodule."""
    outer, _, own = path.rpartition(".")
    scope = place(outer) if outer else "self"
    if _is_kept(own):
        return f"{scope}.{own} = {value}"
    return f"{scope}.add_module({own!r}, {value})"


def _inside(scope: str, name: str) -> str:
    return f"{scope}.{name}" if _is_kept(name) else f"{scope}.get_submodule({name!r})"


def _is_kept(name: str) -> bool:
    """Whether Python keeps the name unchanged in a class, unlike ``__private`` ones."""
    return not name.startswith("__") or (name.endswith("__") and name != "__debug__")
