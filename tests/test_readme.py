"""The README's Python runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def python_blocks():
    return re.findall(r"<!-- tested:.*?-->\n```python\n(.*?)```", README.read_text(), re.DOTALL)


def test_the_example_is_short():
    (block,) = python_blocks()
    assert len(block.splitlines()) <= 15


def test_the_page_is_short():
    assert len(README.read_text().splitlines()) < 120


@pytest.mark.slow
def test_the_example_runs(capsys):
    (block,) = python_blocks()
    scope: dict[str, object] = {}
    exec(compile(block, str(README), "exec"), scope)
    accuracy = re.search(r"test accuracy ([\d.]+)%", capsys.readouterr().out)
    assert accuracy is not None
    assert float(accuracy[1]) > 95


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README.read_text()))))
def test_links_lead_somewhere(link):
    assert (README.parent / link).exists()
