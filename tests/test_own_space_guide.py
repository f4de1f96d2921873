"""The guide to own search spaces runs as it stands."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nas
from cli.main import run
from nas.testing.search_space import SearchSpaceConformance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nas.space.search_space import SearchSpace

GUIDE = Path(__file__).parents[1] / "docs" / "own_space.md"
TEXT = GUIDE.read_text(encoding="utf-8")
DIGITS = nas.Task(classes=10, channels=1, resolution=8)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"<!-- tested:.*?-->\n```{kind}\n(.*?)```", TEXT, re.DOTALL)


FUNCTION, SEARCH, CLASS = blocks("python")
COMMANDS = [shlex.split(line)[1:] for block in blocks("") for line in block.splitlines()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the reader works: the first block is saved there as my_space.py."""
    (tmp_path / "my_space.py").write_text(FUNCTION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    sys.modules.pop("my_space", None)


def test_the_first_example_is_short() -> None:
    lines = [line for line in FUNCTION.splitlines() if line.strip()]
    assert len(lines) <= 15
    assert max(map(len, lines)) < 100


def test_the_guide_shows_the_commands() -> None:
    assert [words[0] for words in COMMANDS] == ["spaces", "spaces", "search"]


@pytest.mark.parametrize("words", COMMANDS[:2], ids=["show", "sample"])
def test_the_space_can_be_looked_at(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 0
    assert "my_space" in capsys.readouterr().out


@pytest.mark.slow
def test_the_search_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*COMMANDS[2], "--out", "run", "--json"]) == 0
    assert (folder / "run" / "best" / "model.py").exists()


@pytest.mark.slow
def test_the_search_in_python_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(SEARCH, str(GUIDE), "exec"), {})
    assert re.search(r'\{"width":.*\} [\d.]+%', capsys.readouterr().out)


def space_of_the_guide() -> SearchSpace:
    scope: dict[str, Any] = {"__name__": __name__}
    exec(compile(CLASS, str(GUIDE), "exec"), scope)
    cls: type[SearchSpace] = scope["Plain"]
    return cls(task=DIGITS)


class TestPlain(SearchSpaceConformance):
    @staticmethod
    def spaces() -> list[SearchSpace]:
        return [space_of_the_guide()]

    @staticmethod
    def proxy(space: SearchSpace) -> SearchSpace:
        return space.at(channels=4)


def test_the_notation_is_the_one_in_the_guide() -> None:
    space = space_of_the_guide()
    assert space.encode({"kernel0": 3, "kernel1": 5, "kernel2": 1}) == "3-5-1"
    assert space.size() == 27


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)", TEXT))))
def test_links_lead_somewhere(link: str) -> None:
    assert (GUIDE.parent / link).exists()
