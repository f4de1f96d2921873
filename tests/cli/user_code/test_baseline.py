from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.user_code.baseline import read_baselines
from nas.errors import GraphError
from tests.cli.program import ON_DIGITS, nas
from tests.nas.study.study_toys import DIGITS, toy_space

if TYPE_CHECKING:
    from nas.graph.graph import Graph

NET = """from torch import nn

def mine(width=4):
    return nn.Sequential(nn.Conv2d(1, width, 3), nn.Flatten(), nn.Linear(36 * width, 10))
"""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(NET)
    graph: Graph = toy_space().graph({"label": "a", "depth": 1, "width0": 4, "kernel0": 3})
    Path("small.json").write_text(graph.to_json())


def test_python_and_graph_files_have_short_names() -> None:
    found = read_baselines(("net.py:mine", "net.py:mine(width=8)", "small.json"), DIGITS)
    assert list(found) == ["mine", "mine(width=8)", "small"]
    first, second, _ = (one.network.parameters() for one in found.values())
    assert len(first) == len(second)
    assert first != second


def test_a_missing_file_is_named() -> None:
    with pytest.raises(GraphError, match=r"no file 'other\.json'"):
        read_baselines(("other.json",), DIGITS)


def test_a_search_compares_its_winner_with_it(hypernet: Path) -> None:
    lengths = ("--n-trials", 4, "--finalists", 1, "--finalist-epochs", 1, "--max-epochs", 1)
    words = (*ON_DIGITS, "--weights", hypernet, *lengths, "--images", 32, "--baseline")
    answer = nas("search", *words, "net.py:mine", "--json")
    assert answer.code == 0, answer.err
    rival = next(one for one in answer.document["rivals"] if one["kind"] == "baseline")
    assert rival["name"] == "mine"
    assert rival["trained"]["epochs"] == 1
