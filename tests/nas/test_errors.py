from __future__ import annotations

import inspect

import pytest

from nas import errors
from nas.errors import NasError, counted, nearest

CLASSES = {
    name: cls
    for name, cls in vars(errors).items()
    if inspect.isclass(cls) and issubclass(cls, NasError)
}


def drawn() -> list[tuple[str, int, int]]:
    """Name, depth and exit code of every line of the tree in the module's docstring."""
    rows, inherited = [], [1]
    for line in str(errors.__doc__).splitlines():
        before, _, rest = line.partition("Error")
        if not rest or " " in before.strip("│├└─ "):
            continue
        name = before.strip("│├└─ ") + "Error"
        depth = line.index(name) // 4 - 1
        text = rest.partition("exit code ")[2]
        code = int(text[0]) if text else inherited[max(depth - 1, 0)]
        inherited = [*inherited[:depth], code]
        rows.append((name, depth, code))
    return rows


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert [name for name, _, _ in drawn()] == list(CLASSES)
    for name, depth, code in drawn():
        assert len(CLASSES[name].__mro__) - len(NasError.__mro__) == depth
        assert CLASSES[name].exit_code == code


@pytest.mark.parametrize(
    ("message", "hint", "text"),
    [
        ("no data at 'x'", "Give a folder.", "no data at 'x'. Give a folder."),
        ("no data at 'x'.", "Give a folder.", "no data at 'x'. Give a folder."),
        ("Did you mean 'y'?", "Known: y.", "Did you mean 'y'? Known: y."),
        ("no data at 'x'", "", "no data at 'x'"),
    ],
)
def test_text_is_message_and_hint(message: str, hint: str, text: str) -> None:
    error = NasError(message, hint=hint)
    assert (error.message, error.hint, str(error)) == (message, hint, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rellu", "Did you mean 'relu'?"),
        ("conv_7x7", "Did you mean 'conv_5x5' or 'conv_3x3'?"),
        ("pool", ""),
    ],
)
def test_the_nearest_names_are_suggested(name: str, text: str) -> None:
    assert nearest(name, ["relu", "conv_3x3", "conv_5x5", "conv_1"]) == text


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "step", "0 steps"),
        (1, "class", "1 class"),
        (2, "class", "2 classes"),
        (1_000, "graph", "1,000 graphs"),
        (2, "epoch", "2 epochs"),
    ],
)
def test_one_is_not_many(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text
