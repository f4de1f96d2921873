from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from hypernets import measure as measure_module
from hypernets.checkpoint import load
from hypernets.measure import measure
from nas.analysis.cost import cost
from nas.evaluate.scorer import ScoreConfig, Scorer
from nas.events import Advanced
from nas.seeding import rng
from nas.space.candidate import sample
from nas.task.images import SCORE_WEIGHTS
from search_spaces.registry import get
from tests.hypernets.hypernet_toys import digits, make_hypernet, tiny_space


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(measure_module, "ARCHITECTURES", 17)


@pytest.mark.usefixtures("few")
def test_accuracies_of_random_architectures() -> None:
    hypernet = make_hypernet(card={"measured": {"kendall tau": 0.5}, "training": {"steps": 3}})
    heard: list[object] = []
    card = measure(hypernet, tiny_space(), digits(), listen=heard.append)
    names = [f"{name} accuracy of 17 architectures" for name in ("mean", "best")]
    assert list(card.measured) == names
    mean, best = card.measured.values()
    assert 0 < mean <= best <= 1
    assert card == measure(hypernet, tiny_space(), digits())
    advanced = [event for event in heard if isinstance(event, Advanced)]
    assert [(event.stage, event.done) for event in advanced] == [("measure", 16), ("measure", 17)]
    before, after = asdict(hypernet.card), asdict(card)
    assert {key for key in before if before[key] != after[key]} == {"measured", "reference"}


@pytest.mark.usefixtures("few")
def test_the_reference_tells_of_the_figures_at_the_proxy() -> None:
    sizes = {"channels": 2, "cells": 1}
    hypernet = make_hypernet(card={"proxy": sizes})
    found = measure(hypernet, tiny_space(), digits(), seed=3).reference
    draw = rng(3, "measure")
    drawn = [sample(tiny_space(), draw) for _ in range(17)]
    estimates = Scorer(hypernet, digits(), ScoreConfig(images=512))(drawn)
    small = tiny_space().at(**sizes)
    rows = [
        asdict(estimate) | asdict(cost(small.graph(one.params).simplified))
        for one, estimate in zip(drawn, estimates, strict=True)
    ]
    for name, (median, spread) in found.items():
        figures = [row[name] for row in rows]
        low, high = np.percentile(figures, [16, 84])
        assert median == pytest.approx(np.median(figures), rel=1e-4)
        if high > low:
            assert spread == pytest.approx((high - low) / 2, rel=1e-2)
    assert set(found) == set(SCORE_WEIGHTS)


@pytest.mark.slow
def test_the_shipped_hypernetwork_predicts_as_its_card_says() -> None:
    hypernet = load("nasnet-digits")
    space = get("nasnet", digits().task)
    assert hypernet.card.fingerprint == digits().fingerprint
    card = measure(hypernet, space, digits())
    assert card.measured == pytest.approx(dict(hypernet.card.measured), abs=0.01)
    assert min(card.measured.values()) > 0.9
    assert card.reference.keys() == hypernet.card.reference.keys()
    for name, scale in hypernet.card.reference.items():
        assert card.reference[name] == pytest.approx(scale, rel=0.02)


def test_scores_of_the_shipped_hypernetwork_lie_around_one_half() -> None:
    hypernet = load("nasnet-digits")
    draw = rng(5, "others")
    drawn = [sample(get("nasnet", digits().task), draw) for _ in range(6)]
    scores = [estimate.score for estimate in Scorer(hypernet, digits())(drawn)]  # type: ignore[union-attr]
    assert 0 < min(scores) < 0.5 < max(scores) < 1
