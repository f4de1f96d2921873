from __future__ import annotations

import math
import sys
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import norm
from torch import nn

from hypernets import measure as measure_module
from hypernets.training.config import HypernetTraining
from hypernets.training.train import train_hypernet
from nas.analysis.cost import NO_PATH, cost
from nas.compile.apply import apply, calibrate
from nas.compile.module import to_module
from nas.errors import ConfigError, ShapeError
from nas.evaluate import meter as meter_module
from nas.evaluate.naswot import naswot
from nas.evaluate.scorer import Estimate, Failure, ScoreConfig, Scorer
from nas.graph.builder import GraphBuilder
from nas.graph.op import Role
from nas.graph.ops.layer import Layer
from nas.graph.ops.shape import Zero
from nas.space.candidate import candidate, sample
from nas.space.search_space import SearchSpace
from nas.task.images import SCORE_WEIGHTS
from tests.hypernets.hypernet_toys import SMALL, digits, make_hypernet, tiny_space

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.trial import Trial

ALL = ScoreConfig(images=10_000, calibration=10_000)


@dataclass(frozen=True, kw_only=True)
class Troubled(SearchSpace):
    """Networks that work, overflow, need 128 GiB for 32 images, or cannot be built small."""

    name: ClassVar[str] = "nb201"
    description: ClassVar[str] = "networks that work, overflow or are too large"
    source: ClassVar[str] = "tests"

    channels: int = 4
    cells: int = 1

    def build(self, trial: Trial) -> Graph:
        kind = trial.suggest_categorical("kind", ["works", "overflows", "too large", "odd"])
        b = GraphBuilder()
        x = b.batch_norm(b.conv2d(b.input((1, 1, 8, 8)), self.channels))
        if kind == "overflows":
            for _ in range(12):
                x = b.mul(x, x)
        if kind == "odd" and self.channels < 4:
            raise ShapeError("three channels are too few")
        if kind == "too large":
            waste = b.activation(b.op(Zero(shape=(4, 2**14, 2**14)), x), "sigmoid")
            x = b.add(b.global_avg_pool(x), b.global_avg_pool(waste))
        return b.build(b.classifier(x, self.task.classes))


def candidates(count=3, seed=0):
    rng = np.random.default_rng(seed)
    return [sample(tiny_space(), rng) for _ in range(count)]


def by_hand(graph, params, calibration, split):
    """Loss, accuracy and Brier score of the torch module, its norms set to what they meet."""
    module = to_module(graph)
    module.load_state_dict(params, strict=False)
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]

    def measure(norm, inputs):
        norm.running_mean = inputs[0].mean((0, 2, 3))
        norm.running_var = inputs[0].transpose(0, 1).flatten(1).var(1)

    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    with torch.no_grad():
        module.eval()(calibration.normalised(slice(None)))
        for hook in hooks:
            hook.remove()
        logits = module(split.normalised(slice(None)))
    accuracy = (logits.argmax(1) == split.labels).float().mean().item()
    return F.cross_entropy(logits, split.labels).item(), accuracy, brier(logits, split.labels)


def brier(logits, labels):
    """Class by class, as Brier 1950 writes it, from 0 to 2."""
    shares = logits.double().softmax(1).numpy()
    return sum(np.mean((shares[:, c] - (labels.numpy() == c)) ** 2) for c in range(10))


def inverted(split):
    return replace(split, held=255 - split.images)


def score(drawn, predictor, data, config=None):
    """Estimates of candidates that are expected to have one."""
    estimates = Scorer(predictor, data, config)(drawn)
    assert all(isinstance(estimate, Estimate) for estimate in estimates)
    return estimates


@pytest.fixture(scope="module")
def predictor():
    return make_hypernet("ghn2", max_channels=16)


@pytest.fixture(scope="module")
def shifted():
    """Digits whose ranking split looks unlike the others, so that it matters what is used."""
    return replace(digits(), val=inverted(digits().val))


def test_estimates_are_those_of_the_torch_modules(predictor, shifted):
    drawn = candidates()
    graphs = [one.graph.simplified for one in drawn]
    with torch.no_grad():
        predicted = predictor.predict(graphs)
    estimates = score(drawn, predictor, shifted, ALL)
    for graph, params, estimate in zip(graphs, predicted, estimates, strict=True):
        loss, accuracy, distance = by_hand(graph, params, shifted.train, shifted.val)
        assert estimate.loss == pytest.approx(loss, rel=1e-4)
        assert estimate.accuracy == pytest.approx(accuracy, abs=0.003)
        assert estimate.brier == pytest.approx(distance, rel=1e-4)
        other, *_ = by_hand(graph, params, shifted.val, shifted.val)
        assert estimate.loss != pytest.approx(other, rel=1e-2)


def test_the_resolution_and_sizes_are_those_of_the_card(shifted):
    predictor = make_hypernet(max_channels=16, card={"proxy": {"channels": 2, "resolution": 6}})
    (drawn,) = candidates(1)
    proxy = drawn.space.at(channels=2, resolution=6)
    graph = proxy.graph(drawn.params).simplified
    assert Scorer(predictor, shifted).proxy(drawn.space) == proxy
    with torch.no_grad():
        (params,) = predictor.predict([graph])
    data = shifted.at(6)
    (estimate,) = score([drawn], predictor, shifted, ALL)
    loss, *_ = by_hand(graph, params, data.train, data.val)
    assert estimate.loss == pytest.approx(loss, rel=1e-4)


def test_how_images_are_batched_does_not_matter(predictor):
    expected = score(candidates(), predictor, digits())
    small = score(candidates(), predictor, digits(), ScoreConfig(batch_size=7))
    for one, other in zip(expected, small, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-5)
        assert one.accuracy == other.accuracy


def test_other_candidates_of_the_generation_do_not_matter(predictor):
    drawn = candidates()
    together = score(drawn, predictor, digits())
    for one, estimate in zip(drawn, together, strict=True):
        (alone,) = score([one], predictor, digits())
        assert alone.loss == pytest.approx(estimate.loss, rel=1e-4)


def test_two_threads_give_the_same_estimates(predictor):
    single = score(candidates(6), predictor, digits(), ScoreConfig(workers=1))
    double = score(candidates(6), predictor, digits(), ScoreConfig(workers=2))
    assert single == double
    assert len({estimate.loss for estimate in single}) > 3


def test_the_test_split_is_not_touched(predictor):
    without = replace(digits(), test=digits().test.subset(slice(0)))
    expected = score(candidates(2), predictor, digits())
    assert score(candidates(2), predictor, without) == expected


def test_nothing_to_score(predictor):
    assert Scorer(predictor, digits())([]) == []


class Constant:
    """Predicts networks that give one class a score of ``z`` and the others 0, for any image."""

    def __init__(self, chosen, z):
        self.card = make_hypernet().card
        self._scores = z * F.one_hot(torch.tensor(chosen), 10).float()

    def predict(self, graphs):
        return [
            {
                name: self._scores if spec.role is Role.CLASS_BIAS else torch.zeros(spec.shape)
                for name, spec in graph.parameters().items()
            }
            for graph in graphs
        ]

    def embed(self, graphs):
        return torch.zeros(len(graphs), 1)


@pytest.mark.parametrize("chosen", [0, 4, 9])
def test_accuracy_and_loss_of_a_constant_answer(chosen):
    z, val = 1.5, digits().val
    share = (val.labels == chosen).float().mean().item()
    (estimate,) = score(candidates(1), Constant(chosen, z), digits(), ALL)
    assert estimate.accuracy == pytest.approx(share)
    assert estimate.loss == pytest.approx(math.log(9 + math.exp(z)) - z * share, rel=1e-5)
    p, q = math.exp(z) / (9 + math.exp(z)), 1 / (9 + math.exp(z))
    right, wrong = (1 - p) ** 2 + 9 * q**2, p**2 + 8 * q**2 + (1 - q) ** 2
    assert estimate.brier == pytest.approx(share * right + (1 - share) * wrong, rel=1e-5)


@pytest.mark.parametrize("chosen", [0, 4, 9])
def test_few_images_are_spread_over_a_sorted_split(chosen):
    val = digits().val
    images = torch.cat([(val.labels == c).nonzero().flatten()[:20] for c in range(10)])
    data = replace(digits(), val=val.subset(images))
    config = ScoreConfig(images=10, calibration=10)
    (estimate,) = score(candidates(1), Constant(chosen, 1.0), data, config)
    assert estimate.accuracy == pytest.approx(0.1)


def troubled(*kinds):
    space = Troubled(task=digits().task)
    return [candidate(space, {"kind": kind}) for kind in kinds]


def test_networks_that_overflow_or_need_too_much_memory_fail_alone(predictor):
    scorer = Scorer(predictor, digits(), ScoreConfig(images=32, calibration=32, workers=2))
    estimates = scorer(troubled("works", "overflows", "too large", "works"))
    assert estimates[1] == Failure("its output is not finite")
    assert estimates[2] == Failure("it needs more memory than there is")
    assert estimates[0] == estimates[3]
    (alone,) = scorer(troubled("works"))
    assert isinstance(estimates[0], Estimate)
    assert isinstance(alone, Estimate)
    assert estimates[0].loss == pytest.approx(alone.loss, abs=1e-5)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), MemoryError()]
)
def test_all_ways_to_run_out_of_memory(predictor, monkeypatch, error):
    scorer = Scorer(predictor, digits())
    with monkeypatch.context() as patch:
        patch.setattr(meter_module, "apply", raising(error))
        assert scorer(candidates(2)) == 2 * [Failure("it needs more memory than there is")]
    assert all(isinstance(estimate, Estimate) for estimate in scorer(candidates(2)))


def test_a_batch_that_is_too_large_is_scored_in_halves(predictor, monkeypatch):
    taken = []

    def short(graph, params, x, **options):
        taken.append(len(x))
        if len(x) > 20:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return apply(graph, params, x, **options)

    config = ScoreConfig(images=40, calibration=16)
    scorer = Scorer(predictor, digits(), config)
    whole = scorer(candidates(1))
    monkeypatch.setattr(meter_module, "apply", short)
    assert asdict(scorer(candidates(1))[0]) == pytest.approx(asdict(whole[0]), rel=1e-5)
    assert taken == [40, 20, 20]


def test_a_candidate_that_cannot_be_built_at_the_proxy_fails_alone():
    small = make_hypernet(max_channels=16, card={"proxy": {"channels": 3}})
    works, odd, again = Scorer(small, digits())(troubled("works", "odd", "works"))
    assert isinstance(works, Estimate)
    assert asdict(works) == pytest.approx(asdict(again))
    assert isinstance(odd, Failure)
    assert odd.reason.startswith(
        "it cannot be built at the proxy: ShapeError: three channels are too few ("
    )


class Short:
    """Has memory for the weights of one network."""

    def __init__(self, predictor):
        self._predictor = predictor
        self.card = predictor.card
        self.asked = []

    def predict(self, graphs):
        self.asked.append(len(graphs))
        if len(graphs) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")
        return self._predictor.predict(graphs)

    def embed(self, graphs):
        return self._predictor.embed(graphs)


def test_networks_are_predicted_one_by_one_where_memory_is_short(predictor):
    short = Short(predictor)
    together = score(candidates(3), predictor, digits())
    for one, other in zip(score(candidates(3), short, digits()), together, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-4)
    assert short.asked == [3, 1, 1, 1]


def test_a_prediction_too_large_even_alone_is_a_failure(predictor, monkeypatch):
    monkeypatch.setattr(type(predictor), "predict", raising(MemoryError()))
    failure = Failure("it needs more memory than there is")
    assert Scorer(predictor, digits())(candidates(2)) == [failure, failure]


def test_half_precision_scores_are_nearly_the_same_on_the_cpu(predictor):
    exact = score(candidates(3), predictor, digits())
    half = score(candidates(3), predictor, digits(), ScoreConfig(precision="bf16"))
    for one, other in zip(half, exact, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=0.1)
        assert one.loss != other.loss


def test_other_errors_are_not_swallowed(predictor, monkeypatch):
    monkeypatch.setattr(meter_module, "apply", raising(RuntimeError("a bug of ours")))
    with pytest.raises(RuntimeError, match="a bug of ours"):
        Scorer(predictor, digits())(candidates(1))


def raising(error):
    def call(*args, **options):
        raise error

    return call


@pytest.mark.parametrize("count", [10, 64, 100, 256, 1000])
def test_patterns_are_those_of_64_calibration_images_spread_evenly(predictor, shifted, count):
    (drawn,) = candidates(1)
    graph = drawn.graph.simplified
    (images,) = shifted.train.spread(count).whole().inputs
    with torch.no_grad():
        (params,) = predictor.predict([graph])
    few = images[torch.linspace(0, count - 1, min(count, 64)).round().long()]
    assert len(few) == min(count, 64)
    statistics = calibrate(graph, params, images)
    (estimate,) = score([drawn], predictor, shifted, ScoreConfig(calibration=count))
    expected = naswot(graph, {**params, **statistics}, few)
    assert estimate.naswot == pytest.approx(expected, rel=1e-3)


def test_without_a_reference_the_score_is_the_negative_loss(predictor):
    for estimate in score(candidates(), predictor, digits()):
        assert estimate.score == -estimate.loss


REFERENCE = {
    "brier": [0.9, 0.1],
    "naswot": [300.0, 50.0],
    "macs": [40_000.0, 9_000.0],
    "mean_path": [7.0, 2.0],
    "shortest_path": [8.0, 2.0],
}


def test_with_one_it_is_the_blend_of_figures_at_the_proxy():
    sizes = {"channels": 2, "cells": 1}
    referring = make_hypernet(max_channels=16, card={"proxy": sizes, "reference": REFERENCE})
    drawn = candidates()
    for one, estimate in zip(drawn, score(drawn, referring, digits()), strict=True):
        graph = one.space.at(**sizes).graph(one.params).simplified
        assert cost(graph).macs != cost(one.network).macs
        known = {"brier": estimate.brier, "naswot": estimate.naswot, **asdict(cost(graph))}
        deviations = {
            name: (known[name] - median) / spread for name, (median, spread) in REFERENCE.items()
        }
        good = norm.cdf([deviations[name] for name in ("naswot", "macs", "mean_path")])
        bad = norm.cdf([-deviations["brier"], -deviations["shortest_path"]]) @ [3, 1]
        assert estimate.score == pytest.approx((good @ [0.5, 0.5, 1] + bad) / 6)


@pytest.mark.slow
def test_a_broken_cell_has_finite_figures_and_the_lowest_score(tmp_path, monkeypatch):
    """A cell of zeros only: the output does not depend on the image."""
    monkeypatch.setattr(measure_module, "ARCHITECTURES", 16)
    trained = train_hypernet(
        tiny_space(),
        digits(),
        tmp_path,
        settings={**SMALL, "hidden": 16},
        training=HypernetTraining(steps=40, batch_size=64, lr=1e-2),
    )
    broken = candidate(tiny_space(), "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")
    sound = [one for one in candidates(20) if cost(one.network).shortest_path < NO_PATH]
    first, *others = score([broken, *sound], trained, digits())
    assert len(others) > 10
    assert all(math.isfinite(figure) for figure in asdict(first).values())
    assert 0 <= first.score < min(estimate.score for estimate in others)


def test_a_reference_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="the median and the spread of brier"):
        Scorer(make_hypernet(card={"reference": {"loss": [1.0, 1.0]}}), digits())


@pytest.mark.parametrize("card", [{"channels": 3}, {"classes": 7}])
def test_a_hypernetwork_for_other_data(card):
    with pytest.raises(ConfigError, match=r"'toy' predicts .* but 'digits' has") as error:
        Scorer(make_hypernet(card=card), digits())
    assert "train-hypernet" in error.value.hint


def test_a_hypernetwork_for_another_space():
    scorer = Scorer(make_hypernet(card={"space": "darts"}), digits())
    with pytest.raises(ConfigError, match="trained in space 'darts', not in 'nb201'") as caught:
        scorer(candidates(1))
    assert caught.value.hint


def test_a_general_hypernetwork_takes_other_spaces_at_their_own_small_sizes():
    proxy = {"channels": 4, "max_cells": 8, "resolution": 4}
    card = {"space": "deepnets", "general": True, "proxy": proxy}
    scorer = Scorer(make_hypernet(card=card), digits(), ALL)
    space = tiny_space().at(channels=32)
    assert scorer.proxy(space) == space.at(**space.proxy_sizes(), resolution=4)
    assert all(isinstance(one, Estimate) for one in scorer(candidates(2)))


def test_in_another_space_the_score_is_relative_to_its_own_architectures():
    """Far from the reference all would be graded alike; here half of them are above the median."""
    space, few = tiny_space(), ScoreConfig(images=32, calibration=16)
    far = {name: [1e9, 1.0] for name in SCORE_WEIGHTS}
    card = {"space": "deepnets", "general": True, "proxy": {"resolution": 8}, "reference": far}
    scorer = Scorer(make_hypernet(card=card), digits(), few)
    rng = np.random.default_rng(5)
    found = [
        one.score
        for one in scorer([sample(space, rng) for _ in range(12)])
        if isinstance(one, Estimate)
    ]
    assert 2 <= sum(score > 0.5 for score in found) <= 10
    assert max(found) - min(found) > 0.1
    again = Scorer(make_hypernet(card=card), digits(), few)(
        [sample(space, np.random.default_rng(5))]
    )
    assert [one.score for one in again if isinstance(one, Estimate)] == found[:1]


def test_in_another_space_the_score_is_relative_to_feasible_networks():
    """Among all networks the smallest are all small; among themselves half of them are."""
    space, few = tiny_space(), ScoreConfig(images=32, calibration=16)
    far = {name: [1e9, 1.0] for name in SCORE_WEIGHTS}
    card = {"space": "deepnets", "general": True, "proxy": {"resolution": 8}, "reference": far}
    rng = np.random.default_rng(5)
    drawn = sorted((sample(space, rng) for _ in range(24)), key=lambda one: cost(one.network).macs)
    limit = cost(drawn[7].network).macs

    def median(scorer: Scorer) -> float:
        scores = [one.score for one in scorer(drawn[:8]) if isinstance(one, Estimate)]
        return float(np.median(scores))

    hypernet = make_hypernet(card=card)
    among_all = median(Scorer(hypernet, digits(), few))
    among_small = median(
        Scorer(hypernet, digits(), few, is_feasible=lambda network: cost(network).macs <= limit)
    )
    assert among_small == pytest.approx(0.5, abs=0.15)
    assert abs(among_small - 0.5) < abs(among_all - 0.5)


@pytest.mark.parametrize("name", ["images", "calibration", "batch_size", "workers"])
def test_sizes_below_one(name):
    sizes: dict[str, Any] = {name: 0}
    with pytest.raises(ConfigError, match=f"{name} must be at least 1, got 0"):
        ScoreConfig(**sizes)


@pytest.mark.parametrize("name", ["images", "calibration", "batch_size", "workers"])
def test_sizes_that_are_no_whole_numbers(name):
    sizes: dict[str, Any] = {name: 1.5}
    with pytest.raises(ConfigError, match=f"{name} must be int, got 1.5"):
        ScoreConfig(**sizes)


class Part(nn.Module):
    """Somebody's own module, which does not do what it should."""

    def __init__(self, fault):
        super().__init__()
        self.fault = fault

    def forward(self, x):
        if self.fault == "hangs":
            time.sleep(60)
        if self.fault == "exits":
            sys.exit(0)
        if self.fault == "fails":
            raise ValueError("not so wide")
        return x


@dataclass(frozen=True, kw_only=True)
class Foreign(SearchSpace):
    """A module of one's own among operations of this package."""

    name: ClassVar[str] = "nb201"
    build_seconds: ClassVar[float] = 0.5

    channels: int = 4
    cells: int = 1

    def build(self, trial: Trial) -> Graph:
        fault = trial.suggest_categorical("fault", ["", "hangs", "exits", "fails"])
        b = GraphBuilder()
        x = b.op(Layer(layer=Part(fault), shape=(1, 1, 8, 8)), b.input((1, 1, 8, 8)))
        return b.build(b.classifier(b.batch_norm(b.conv2d(x, self.channels)), self.task.classes))


def test_a_part_of_ones_own_that_hangs_exits_or_fails_is_that_candidates_failure(predictor):
    space = Foreign(task=tiny_space().task)
    chosen = [candidate(space, {"fault": fault}) for fault in ("", "hangs", "exits", "fails", "")]
    scorer = Scorer(predictor, digits(), ScoreConfig(images=32, calibration=32, workers=2))
    works, *faults, again = scorer(chosen)
    assert isinstance(works, Estimate)
    assert asdict(works) == pytest.approx(asdict(again))
    reasons = [fault.reason for fault in faults if isinstance(fault, Failure)]
    assert "took longer than 0.5 s" in reasons[0]
    assert "raised SystemExit: 0" in reasons[1]
    assert reasons[2].startswith("it does not run: ValueError: not so wide (")
    assert reasons[2].endswith(", in forward)")
