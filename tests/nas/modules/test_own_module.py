from __future__ import annotations

import torch
from torch import nn

from nas.importers.from_module import from_module
from nas.modules.own_module import OwnModule


def own() -> OwnModule:
    module = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1))
    module.get_submodule("2").requires_grad_(False)
    return OwnModule(module, from_module(module, torch.zeros(1, 1, 2, 2)).names)


def test_the_state_of_a_graph_by_the_names_of_the_module() -> None:
    graph_names = ["_0.weight", "_1.running_mean", "_1.num_batches_tracked", "_1.bias"]
    assert list(own().names_of(graph_names).values()) == [
        "0.weight",
        "1.running_mean",
        "1.num_batches_tracked",
        "1.bias",
    ]


def test_names_without_a_counterpart_are_left_out() -> None:
    norm = OwnModule(nn.Identity(), {"norm.running_mean": "mean"})
    assert norm.names_of(["norm.num_batches_tracked"]) == {}


def test_given_values_are_for_parameters_that_learn() -> None:
    found = own()
    frozen = found.module.get_parameter("2.weight").clone()
    found.start_from({"_0.weight": torch.ones(2, 1, 1, 1), "_2.weight": torch.ones(2, 2, 1, 1)})
    learnt = found.module.get_parameter("0.weight")
    assert torch.equal(learnt, torch.ones(2, 1, 1, 1))
    assert learnt.requires_grad
    assert torch.equal(found.module.get_parameter("2.weight"), frozen)
