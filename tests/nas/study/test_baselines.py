from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from nas.analysis.cost import cost
from nas.errors import ConfigError, ImportingError
from nas.study.baselines import baselines_of
from tests.nas.study.study_toys import DIGITS, toy_search, toy_space

GRAPH = toy_space().graph({"label": "a", "depth": 1, "width0": 4, "kernel0": 3})


def net() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))


@pytest.mark.parametrize(
    ("given", "params"), [(net(), 650), (net, 650), (GRAPH, cost(GRAPH).params)]
)
def test_a_module_a_function_or_a_graph_is_a_candidate(given: Any, params: int) -> None:
    found = baselines_of({"mine": given}, DIGITS)["mine"]
    assert cost(found.network).params == params


def test_a_module_is_trained_as_a_copy_with_its_own_values() -> None:
    model = net()
    own = baselines_of({"mine": model}, DIGITS)["mine"].module(seed=0)
    assert own is not None
    assert own.module is not model
    for mine, copied in zip(model.parameters(), own.module.parameters(), strict=True):
        assert torch.equal(mine, copied)


def test_what_is_no_network_is_refused() -> None:
    other: Any = 3
    with pytest.raises(ConfigError, match="expected the baseline 'mine' as a torch module"):
        baselines_of({"mine": other}, DIGITS)
    with pytest.raises(ImportingError):
        baselines_of({"mine": nn.Linear(3, 10)}, DIGITS)


def test_a_baseline_that_nothing_beats_is_handed_over() -> None:
    wide = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 10),
    )
    result = toy_search(space=toy_space(widths=(1, 2)), baselines={"wide": wide}, max_epochs=4)
    assert (result.best.name, result.best.number) == ("wide", None)
    assert result.rivals[0].name == "wide"
    assert isinstance(result.best_model, nn.Module)
