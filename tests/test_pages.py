"""The pages of the documentation run as they stand.

A comment above each block of Python, commands or settings says how:

- ``tested``: the blocks of a page run one after another, in one folder and one namespace;
- ``tested: slow``: so does this one, which makes the page a slow test;
- ``tested: slow, with --n-trials 4``: its commands run with these words added;
- ``tested: saved as net.py``: the block is a file of the reader's;
- ``tested: tests/...``, ``tested: as above``: another test runs it;
- ``not tested: REASON``.
"""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import run

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^(?:<!-- (.*?) -->\n)?```(.*)\n((?s:.*?))^```$", re.MULTILINE)
KINDS = ("python", "sh", "toml")
MARKER = re.compile(r"tested(: (slow(, with .+)?|saved as \S+|as above|tests/.+))?|not tested: .+")


@dataclass(frozen=True)
class Block:
    """Python, commands or settings on a page, with the comment above them."""

    marker: str
    kind: str
    text: str

    @property
    def is_run(self) -> bool:
        return self.marker.partition(",")[0] in ("tested", "tested: slow")

    @property
    def file(self) -> str:
        """Name of the file that the block is saved as, if it is."""
        return self.marker.removeprefix("tested: saved as ") if "saved as" in self.marker else ""

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command after ``nas``."""
        added = shlex.split(self.marker.partition(", with ")[2])
        lines = self.text.replace("\\\n", " ").splitlines()
        words = [shlex.split(line, comments=True) for line in lines]
        assert all(line[0] == "nas" for line in words if line), "only `nas` is run on pages"
        return [line[1:] + added for line in words if line]


def blocks_of(page: Path) -> list[Block]:
    found = [Block(*match) for match in BLOCK.findall(page.read_text(encoding="utf-8"))]
    return [one for one in found if one.kind in KINDS or one.text.startswith("nas ")]


def name_of(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


PAGES = {page: blocks for page in sorted(DOCS.rglob("*.md")) if (blocks := blocks_of(page))}


def cases() -> list[Any]:
    return [
        pytest.param(
            page,
            id=name_of(page),
            marks=[pytest.mark.slow] if any("slow" in one.marker for one in blocks) else [],
        )
        for page, blocks in PAGES.items()
        if any(one.is_run for one in blocks)
    ]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_how_it_is_tested(page: Path) -> None:
    assert [one for one in PAGES[page] if not MARKER.fullmatch(one.marker)] == []


@pytest.mark.parametrize("page", cases())
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)
    namespace: dict[str, object] = {}
    for block in PAGES[page]:
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
            importlib.invalidate_caches()
        elif block.is_run and block.kind == "python":
            exec(compile(block.text, name_of(page), "exec"), namespace)
        elif block.is_run:
            for words in block.commands:
                assert run(words) == 0, words
    for name in set(sys.modules) - before:  # files of this reader
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("package", ["hypernets", "nas", "search_spaces"])
def test_the_reference_has_all_public_names(package: str) -> None:
    page = (DOCS / "reference" / f"{package}.md").read_text(encoding="utf-8")
    shown = re.findall(rf"^::: {package}\.(\w+)$", page, re.MULTILINE)
    assert sorted(shown) == sorted(importlib.import_module(package).__all__)
