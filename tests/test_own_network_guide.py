"""The guide to weights for own networks runs as it stands."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from safetensors.torch import load_file
from torch import nn

from cli.main import run
from nas.data.catalog import load
from nas.data.description import Description
from nas.training.weights_file import save_weights

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = Path(__file__).parents[1] / "docs" / "own_network.md"
TEXT = GUIDE.read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"<!-- tested:.*?-->\n```{kind}\n(.*?)```", TEXT, re.DOTALL)


FACTS, FITTED, NETWORK, IN_PYTHON = blocks("python")
COMMANDS = [shlex.split(line)[1:] for block in blocks("") for line in block.splitlines()]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where the reader works: the first block is saved there as my_gnn.py."""
    Path(tmp_path / "my_gnn.py").write_text(NETWORK, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield
    sys.modules.pop("my_gnn", None)


def test_the_network_gets_weights(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*COMMANDS[0], "--json", "--quiet"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["coverage"] == 1
    assert document["accuracy"] > 0.8
    assert load_file("net.safetensors").keys() >= {"first.lin.weight", "second.bias"}


def test_it_is_fine_tuned(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*COMMANDS[1], "--quiet"]) == 0
    assert "after 10 steps" in capsys.readouterr().out


def test_the_same_in_python(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(IN_PYTHON, str(GUIDE), "exec"), {})
    assert capsys.readouterr().out.startswith("100% of ")


def test_a_network_is_fitted(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(FITTED, "own_network.md", "exec"), {})
    assert "3 Linear ridge regression on the labels" in capsys.readouterr().out


def test_metadata_are_read_as_the_guide_says() -> None:
    data = load("digits")
    save_weights(nn.Linear(2, 2), Path("resnet18.safetensors"), data)
    found: dict[str, Any] = {}
    exec(compile(FACTS, str(GUIDE), "exec"), found)
    assert found["facts"].items() >= Description.of(data).metadata().items()


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", TEXT))))
def test_links_lead_somewhere(link: str) -> None:
    assert (GUIDE.parent / link).exists()
