from __future__ import annotations

import json
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest
import torch

from nas.raised import definition, error_text, fits, place_of

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
def outer(call):
    return inner(call)

def inner(call):
    return call()

@wrapping
def wrapped(x: int, *, width: int = 3) -> int:
    return 1
"""


def wrapping(function: Any) -> Any:
    @wraps(function)
    def call(*args: Any) -> Any:
        return function(*args)

    return call


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "mine", "wrapping": wrapping}
    exec(compile(FILE, str(tmp_path / "mine.py"), "exec"), names)
    return names


def raised(code: dict[str, Any], call: Any) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        code["outer"](call)
    return caught.value


def test_the_place_is_the_innermost_line_of_the_users_code(code: dict[str, Any]) -> None:
    """Python's own library and torch are called there, and raise."""
    for call in (lambda: json.loads("{"), lambda: torch.nn.Linear(2, 2)(torch.zeros(3))):
        error = raised(code, call)
        error.__traceback__ = _without_tests(error)
        assert place_of(error) == "mine.py, line 6, in inner"


def _without_tests(error: Exception) -> Any:
    """The part of a traceback from the file on, without the lambda of the test itself."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code.co_name != "inner":
        traceback = traceback.tb_next
    assert traceback is not None
    assert traceback.tb_next is not None
    traceback.tb_next = traceback.tb_next.tb_next
    return traceback


def test_a_description_is_one_line(code: dict[str, Any]) -> None:
    assert error_text(KeyError("width")) == "KeyError: 'width'"
    assert error_text(ValueError("first\nsecond")) == "ValueError: first"
    assert error_text(AssertionError()) == "AssertionError"
    error = raised(code, {}.popitem)
    assert error_text(error).endswith(" (mine.py, line 6, in inner)")


def test_code_of_the_program_is_not_the_users() -> None:
    with pytest.raises(Exception, match="JSON") as caught:
        exec("from nas.files import parse_json\nparse_json('{', dict, ValueError)")
    frames = caught.value.__traceback__
    assert frames is not None
    caught.value.__traceback__ = frames.tb_next
    assert place_of(caught.value) == ""


def test_a_definition_is_that_of_the_user(code: dict[str, Any]) -> None:
    assert definition(code["wrapped"]) == "wrapped(x, *, width=3) (mine.py, line 8)"
    assert definition(len).startswith("len(")


@pytest.mark.parametrize(
    ("function", "count", "does"),
    [
        (lambda: 0, 0, True),
        (lambda: 0, 1, False),
        (lambda x, *rest: 0, 5, True),
        (lambda x, *, key: 0, 1, False),
        (lambda x, key=3: 0, 1, True),
        (print, 3, True),
    ],
)
def test_arguments_fit_a_signature_or_not(function: Any, count: int, does: bool) -> None:
    assert fits(function, *range(count)) is does
