from __future__ import annotations

import torch
from torch import Tensor, nn

from nas.analysis.cost import cost
from nas.drawing.view import View
from nas.importers.from_module import from_module


class Twice(nn.Module):
    """One weight for two layers, and a recurrent layer."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Linear(4, 4)
        self.cell = nn.GRU(4, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.cell(self.shared(self.shared(x)))[0]
        return y[:, -1]


def test_learned_tensors_are_not_shown_and_count_where_they_are_read() -> None:
    model = Twice()
    graph = from_module(model, torch.zeros(1, 3, 4)).graph
    view = View(graph)

    assert len(view.nodes) < len(graph.nodes)
    names = {node.name for node in view.nodes}
    assert {name for node in view.nodes for name in node.inputs} <= names | {"x"}
    params, macs = view.cost(view.nodes)
    assert params == sum(parameter.numel() for parameter in model.parameters())
    assert macs == cost(graph).macs
    (gru,) = [node for node in view.nodes if "gru" in node.name]
    assert view.cost([gru])[0] == sum(p.numel() for p in model.cell.parameters())
