from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from nas.data.digits import load
from nas.errors import StudyError
from nas.evaluate.scorer import ScoreConfig
from nas.study.constraints import parse_constraints
from nas.study.identity import check_same, identity
from nas.study.objectives import parse_objectives
from tests.nas.study.study_toys import ToyPredictor, toy_space

DATA = load()


def _identity(**changes: Any) -> dict[str, Any]:
    space = changes.pop("space", toy_space())
    settings: dict[str, Any] = {
        "objectives": parse_objectives(changes.pop("objectives", ["score"])),
        "constraints": parse_constraints(changes.pop("constraints", [])),
        "scoring": ScoreConfig(),
        "sampler": "random",
        "seed": 0,
    }
    data = changes.pop("data", DATA)
    predictor = changes.pop("predictor", ToyPredictor(space))
    return identity(space, data, predictor, **{**settings, **changes})


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
    predictor = ToyPredictor(toy_space())
    before = _identity(predictor=predictor)
    predictor.card = replace(predictor.card, measured={"accuracy": 0.5})
    assert _identity(predictor=predictor) == before
