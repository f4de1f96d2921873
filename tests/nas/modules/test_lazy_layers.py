from __future__ import annotations

import pytest
import torch
from torch import nn
from torch_geometric.nn import ARMAConv, GCNConv

from nas.errors import ImportingError
from nas.importers.from_module import from_module
from nas.modules.lazy_layers import has_lazy_layers

GRAPH = torch.zeros(2, 5), torch.tensor([[0], [1]])


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        (nn.Sequential(nn.Linear(5, 4), nn.LazyLinear(3)), (torch.zeros(2, 5),)),
        (nn.LazyBatchNorm1d(affine=False), (torch.zeros(2, 5),)),
        (GCNConv(-1, 3), GRAPH),
        (ARMAConv(-1, 3), GRAPH),
    ],
)
def test_sizes_are_known_after_a_run(model, inputs) -> None:
    assert has_lazy_layers(model)
    with pytest.raises(ImportingError, match="has layers whose sizes are not known yet"):
        from_module(model, inputs)
    model(*inputs)
    assert not has_lazy_layers(model)
    assert from_module(model, inputs).coverage.share == 1
