from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
import torch
from torch import nn

from hypernets.card import HypernetCard
from nas.data.digits import load
from nas.errors import StudyError
from nas.evaluate.scorer import ScoreConfig
from nas.study.goals.constraints import parse_constraints
from nas.study.goals.objectives import parse_objectives
from nas.study.record.identity import check_same, earlier_weights, study_identity
from tests.nas.study.study_toys import ToyPredictor, toy_space

DATA = load()


def _identity(**changes: Any) -> dict[str, Any]:
    space = changes.pop("space", toy_space())
    settings: dict[str, Any] = {
        "objectives": parse_objectives(changes.pop("objectives", ["score"])),
        "constraints": parse_constraints(changes.pop("constraints", [])),
        "scoring": ScoreConfig(),
        "sampler": "random",
        "recipe": "plain",
        "seed": 0,
    }
    data = changes.pop("data", DATA)
    predictor = changes.pop("predictor", ToyPredictor(space))
    return study_identity(space, data, predictor, **{**settings, **changes})


def test_survives_json_and_other_spellings() -> None:
    first = _identity(constraints=["params<=2M", "layers>=1"], objectives=["accuracy:max"])
    second = _identity(constraints=["layers>=1", "params<=2e6"], objectives=["accuracy"])
    check_same(json.loads(json.dumps(first)), second, "here")
    check_same(None, second, "here")


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("space", {"space": toy_space(widths=(2, 3))}),
        ("dataset", {"data": load(seed=1)}),
        ("weights", {"predictor": ToyPredictor(toy_space(), name="other")}),
        ("objectives", {"objectives": ["loss"]}),
        ("constraints", {"constraints": ["params<=2M"]}),
        ("scoring", {"scoring": ScoreConfig(images=64)}),
        ("sampler", {"sampler": "tpe"}),
        ("training", {"recipe": "few-images"}),
        ("seed", {"seed": 1}),
    ],
)
def test_a_difference_is_named(key: str, changes: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match=f"the run in 'x' was made with (an)?other {key}: "):
        check_same(_identity(), _identity(**changes), "the run in 'x'")


def test_what_is_many_is_named_in_the_plural_and_the_hint_names_the_options() -> None:
    with pytest.raises(StudyError, match="with other objectives: ") as caught:
        check_same(_identity(), _identity(objectives=["loss"]), "the run in 'x'")
    assert "--out" in caught.value.hint


def test_another_reference_of_scores_makes_another_search() -> None:
    predictor = ToyPredictor(toy_space())
    before = _identity(predictor=predictor)
    predictor.card = replace(predictor.card, reference={"macs": [1e6, 1e5]})
    with pytest.raises(StudyError, match="was made with other weights"):
        check_same(before, _identity(predictor=predictor), "the run in 'x'")


def test_measurements_added_to_the_card_later_make_no_other_search() -> None:
    predictor = _Weighted()
    before = _identity(predictor=predictor)
    predictor.card = replace(predictor.card, measured={"accuracy": 0.5})
    assert _identity(predictor=predictor) == before


class _Weighted(ToyPredictor, nn.Module):
    """A hypernetwork: with weights and their provenance."""

    card: HypernetCard

    def __init__(self) -> None:
        nn.Module.__init__(self)
        ToyPredictor.__init__(self, toy_space())
        self.weight = nn.Parameter(torch.zeros(3))
        self.card = HypernetCard(
            **asdict(self.card),
            hypernet="toy",
            config={},
            vocabulary=1,
            dataset="digits",
            fingerprint="",
        )


def test_other_weights_behind_the_same_card_make_another_search() -> None:
    predictor = _Weighted()
    before = _identity(predictor=predictor)
    assert _identity(predictor=_Weighted()) == before
    with torch.no_grad():
        predictor.weight[2] = 1e-7
    with pytest.raises(StudyError, match="was made with other weights"):
        check_same(before, _identity(predictor=predictor), "the run in 'x'")


def test_how_long_the_training_of_the_weights_took_makes_no_other_search() -> None:
    predictor = _Weighted()
    predictor.card = replace(predictor.card, training={"steps": 3, "seconds": 1.5})
    before = _identity(predictor=predictor)
    predictor.card = replace(predictor.card, training={"steps": 3, "seconds": 2.5})
    assert _identity(predictor=predictor) == before


RECORDED = {"name": "toy", "digest": "f2e4ce39646d8856"}
"""The weights of ``ToyPredictor(toy_space())`` in runs from before they had a digest."""


def test_a_run_from_before_weights_had_a_digest_goes_on() -> None:
    predictor = _Weighted()
    earlier = earlier_weights(predictor.card)
    assert earlier == RECORDED
    now = _identity(predictor=predictor)
    before = {**now, "weights": RECORDED}
    check_same(before, now, "the run in 'x'", weights=earlier)
    other = earlier_weights(replace(predictor.card, fingerprint="1"))
    with pytest.raises(StudyError, match="was made with other weights"):
        check_same(before, now, "the run in 'x'", weights=other)
