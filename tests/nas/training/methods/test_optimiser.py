from __future__ import annotations

import pytest
import torch
from torch import nn

from nas.training.config import TrainConfig
from nas.training.methods.optimiser import make_optimiser


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_weight_decay_spares_norms_and_biases_where_asked(optimiser: str) -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    before = {name: parameter.detach().clone() for name, parameter in module.named_parameters()}
    config = TrainConfig(optimiser=optimiser, lr=0.1, weight_decay=0.5, decay_norms=False)
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    make_optimiser(module, config).step()
    moved = {name for name, one in module.named_parameters() if not torch.equal(one, before[name])}
    assert moved == {"0.weight"}
    if optimiser == "adamw":  # decoupled (Loshchilov & Hutter 2019)
        torch.testing.assert_close(module[0].weight, before["0.weight"] * (1 - 0.1 * 0.5))
