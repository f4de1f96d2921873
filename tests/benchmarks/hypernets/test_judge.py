from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.hypernets.judge import CALIBRATION, IMAGES, Judge, judged
from nas.graph.builder import GraphBuilder
from tests.hypernets.hypernet_toys import digits, make_card, make_hypernet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nas.graph.graph import Graph


class Fixed:
    """Predicts the same parameters for every network."""

    def __init__(self, params: dict[str, Tensor]) -> None:
        self.card = make_card(make_hypernet().config)
        self._params = params
        self.asked = 0

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        self.asked += len(graphs)
        return [self._params for _ in graphs]

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        return torch.zeros(len(graphs), 1)


@pytest.fixture(scope="module")
def judge():
    return Judge(digits())


@pytest.fixture
def graph():
    b = GraphBuilder()
    x = b.batch_norm(b.conv2d(b.input((1, 1, 8, 8)), 6, name="conv"), name="norm")
    return b.build(b.classifier(b.relu(x), 10))


@pytest.fixture
def params(graph):
    draw = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(spec.shape, generator=draw) for name, spec in graph.parameters().items()
    }


def test_a_verdict_is_what_torch_says(judge, graph, params):
    """Of the same network written in torch, its norm having seen the calibration images."""
    conv, norm = nn.Conv2d(1, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6, momentum=None)
    linear = nn.Linear(6, 10)
    modules = {"conv": conv, "norm": norm, "classifier": linear}
    for name, tensor in params.items():
        module, _, own = name.rpartition(".")
        setattr(modules[module], own, nn.Parameter(tensor))
    net = nn.Sequential(conv, norm, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear)
    with torch.no_grad():
        net(*digits().train.spread(CALIBRATION).whole().inputs)
        (images,), labels = digits().val.spread(IMAGES).whole()
        logits = net.eval()(images)
    found = judge(Fixed(params), graph)
    assert found.accuracy == pytest.approx((logits.argmax(1) == labels).float().mean().item())
    assert found.loss == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-4)


def test_non_finite_outputs_are_worth_nothing(judge, graph, params):
    params["classifier.weight"] = torch.full_like(params["classifier.weight"], torch.inf)
    found = judge(Fixed(params), graph)
    assert (found.accuracy, found.loss) == (0.0, None)


def test_verdicts_are_kept_until_networks_change(judge, graph, params, tmp_path):
    predictor = Fixed(params)
    first = judged(tmp_path, "test", judge, predictor, [graph])
    assert judged(tmp_path, "test", judge, predictor, [graph]) == first
    assert predictor.asked == 1
    assert judged(tmp_path, "test", judge, predictor, [graph, graph]) == first * 2
    assert predictor.asked == 3


def test_a_fitted_head_reads_the_predicted_features(judge, graph, params):
    predicted = judge(Fixed(params), graph)
    fitted = Judge(digits(), head=500)(Fixed(params), graph)
    assert fitted.accuracy > predicted.accuracy + 0.1
    assert fitted.loss is not None
    assert fitted.loss < 2.3


def test_features_that_are_not_finite_keep_the_predicted_head(graph, params):
    broken = {**params, "conv.weight": params["conv.weight"] * torch.nan}
    assert Judge(digits(), head=500)(Fixed(broken), graph).loss is None
