"""Bugs in code of the user's are reported as theirs, with the line they are in."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.cli.program import nas

SOURCE = dedent(
    """
    import torch
    from torch import nn
    from torch_geometric.nn import GCNConv

    class Misspelt(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = GCNConv(64, 10)
        def forward(self, data):
            return self.frist(data.x, data.edge_index)  # HERE Misspelt

    class Shapes(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = GCNConv(64, 20), GCNConv(30, 10)
        def forward(self, x, edge_index):
            x = self.first(x, edge_index)
            return self.second(x, edge_index)  # HERE Shapes

    class NoInputs(nn.Module):
        def forward(self):  # HERE NoInputs
            return torch.zeros(3, 10)

    def double(x):
        return x + [2]  # HERE double

    class Helped(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = GCNConv(64, 10)
        def forward(self, data):
            return double(self.first(data.x, data.edge_index))

    class Images(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(1, 4, 3), nn.Linear(4, 10)
        def forward(self, x):
            return self.haed(self.conv(x).mean((2, 3)))  # HERE Images

    class Unmade(nn.Module):
        def __init__(self):
            super().__init__()
            self.width = {}["width"]  # HERE Unmade

    def factory():
        return [1][3]  # HERE factory

    def without_data(trial):  # HERE without_data
        return nn.Linear(2, 2)

    def by_key(trial, data):
        return {1: 2}["kernel"]  # HERE by_key

    def images(trial, data):
        return Images()
    """
)
GRAPH = ("--dataset", "digits-knn", "--weights", "gnn-digits-knn")


def line(name: str) -> int:
    """The line of the bug of that name."""
    lines = SOURCE.splitlines()
    return next(at for at, text in enumerate(lines, 1) if text.endswith(f"# HERE {name}"))


@pytest.mark.parametrize(
    ("words", "said", "place"),
    [
        (("predict", "net.py:Misspelt", *GRAPH), "no attribute 'frist'", "Misspelt"),
        (("predict", "net.py:Shapes", *GRAPH), "(1797x20 and 30x10)", "Shapes"),
        (("predict", "net.py:NoInputs", *GRAPH), "its forward is forward()", "NoInputs"),
        (("predict", "net.py:Helped", *GRAPH), "TypeError: unsupported", "double"),
        (("predict", "net.py:Images"), "no attribute 'haed'", "Images"),
        (("predict", "net.py:NoInputs"), "its forward is forward()", "NoInputs"),
        (("predict", "net.py:Unmade"), "KeyError: 'width'", "Unmade"),
        (("predict", "net.py:factory"), "IndexError: list index", "factory"),
        (("spaces", "net.py:without_data"), "got without_data(trial)", "without_data"),
        (("spaces", "net.py:by_key"), "your code raised KeyError: 'kernel'", "by_key"),
        (
            ("rank", "--space", "net.py:images", "--dataset", "digits", "--sample", 1),
            "no attribute 'haed'",
            "Images",
        ),
    ],
)
def test_a_bug_is_shown_with_its_line(words, said, place) -> None:
    Path("net.py").write_text(SOURCE)
    answer = nas(*words, "--quiet")
    assert answer.code in (1, 2)
    assert said in answer.error
    assert f"(net.py, line {line(place)}" in answer.error
    assert "positional arguments but" not in answer.error
