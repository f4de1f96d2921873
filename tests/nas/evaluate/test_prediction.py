from __future__ import annotations

import pytest
import torch
from torch import nn

import nas
from nas.errors import ConfigError
from tests.nas.study.study_toys import ToyPredictor, toy_space

SPACE = toy_space()
PARAMS = {"label": "a", "depth": 1, "width0": 4, "kernel0": 3}


def test_a_module_gets_its_weights_in_place() -> None:
    layer = nn.Linear(64, 10)
    model = nn.Sequential(nn.Flatten(), layer)
    before = layer.weight.detach().clone()
    found = nas.predict(model, "digits", "deepnets-digits", device="cpu")
    assert found.model is model
    assert not torch.equal(layer.weight, before)
    assert torch.equal(found.default["network.1.weight"], before)


@pytest.mark.parametrize("form", ["graph", "candidate"])
def test_an_architecture_becomes_a_module(form: str) -> None:
    graph = SPACE.graph(PARAMS)
    given = graph if form == "graph" else nas.Candidate(SPACE, PARAMS, graph)
    found = nas.predict(given, "digits", ToyPredictor(SPACE), device="cpu")
    (expected,) = ToyPredictor(SPACE).predict([graph])
    state = found.model.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in expected.items())


def test_other_things_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"expected a torch module, a nas\.Graph"):
        nas.predict("resnet18", "digits", ToyPredictor(SPACE), device="cpu")  # type: ignore[arg-type]
