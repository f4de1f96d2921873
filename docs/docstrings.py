"""An extension of Griffe, which reads docstrings for mkdocstrings: notations of this project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from griffe import Extension

if TYPE_CHECKING:
    from griffe import Object

ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):(?=`)")
"""Sphinx's notation of references."""
EXAMPLE = re.compile(r"^Example:$", re.MULTILINE)
"""Google's style knows `Examples` only."""


class Docstrings(Extension):
    """Turns docstrings into the style that Griffe knows."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of one object."""
        if obj.docstring is not None:
            text = ROLE.sub("", obj.docstring.value)
            obj.docstring.value = EXAMPLE.sub("Examples:", text)
