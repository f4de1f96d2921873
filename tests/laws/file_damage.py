"""What can become of a file: cut, flipped, nested, numbers and values of other kinds."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import strategies as st

NESTED = (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 90 + b"]" * 90, b"(" * 5000, b"-" * 5000)
NUMBERS = tuple(
    map(
        str.encode,
        (
            "9" * 5000,
            "9" * 4000,
            "9" * 30,
            "9223372036854775807",
            "1000000",
            "-1",
            "0",
            "1e400",
            "-1e400",
            "1e-400",
            "0.5",
            "NaN",
            "-Infinity",
        ),
    )
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**6,
    10**30,
    0.5,
    float("inf"),
    float("nan"),
    "",
    "x",
    "\ud800",
    "\0",
    "é",
    [],
    [1],
    [[1, "a"]],
    {},
    {"a": None},
    ...,
)
"""That take the place of a value in a document; ``...`` removes it."""


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """A file after one or two mishaps."""
    for _ in range(draw(st.integers(1, 2))):
        content = draw(st.sampled_from(KINDS))(draw, content)
    return content


def _cut(draw: st.DrawFn, content: bytes) -> bytes:
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    return draw(st.sampled_from((content[:end], content[start:], content[:start] + content[end:])))


def _flip(draw: st.DrawFn, content: bytes) -> bytes:
    if not content:
        return content
    place = draw(st.integers(0, len(content) - 1))
    flipped = content[place] ^ draw(st.integers(1, 255))
    return content[:place] + bytes([flipped]) + content[place + 1 :]


def _nest(draw: st.DrawFn, content: bytes) -> bytes:
    places = [match.start() for match in re.finditer(rb'[\[{:"(]', content[:100_000])]
    place = draw(st.sampled_from([0, *places]))
    return content[:place] + draw(st.sampled_from(NESTED)) + content[place:]


def _number(draw: st.DrawFn, content: bytes) -> bytes:
    numbers = [match.span() for match in re.finditer(rb"-?\d+(\.\d+)?", content[:100_000])]
    start, end = draw(st.sampled_from([(0, 0), *numbers]))
    return content[:start] + draw(st.sampled_from(NUMBERS)) + content[end:]


def _kind(draw: st.DrawFn, content: bytes) -> bytes:
    """Another value somewhere in a JSON document, or in the texts in the head of tensors."""
    try:
        document = json.loads(content)
        places = list(_places(document))
    except (ValueError, RecursionError):
        return _flip(draw, content)
    value = draw(st.sampled_from(VALUES))
    if not places:
        return json.dumps(None if value is ... else value).encode()
    holder, key = draw(st.sampled_from(places))
    if value is ...:
        del holder[key]
    else:
        holder[key] = value
    return json.dumps(document).encode()


def _places(value: Any) -> Any:
    """Every holder and key in a document."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield value, key
        yield from _places(value[key])


KINDS = (_cut, _flip, _nest, _number, _kind, _kind)
