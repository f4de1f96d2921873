from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import optuna
import pytest

from nas.study.finalists.rivals import Lead, lead, rivals_of
from nas.study.record.trial_reading import DESIGN
from nas.task.image_regression import IMAGE_REGRESSION
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from tests.nas.study.finalists.fakes import measured, of_width
from tests.nas.study.study_toys import DIGITS, ToySpace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optuna.trial import FrozenTrial

IMAGES = KINDS.get(IMAGE_CLASSIFICATION)


def params(width: int) -> dict[str, Any]:
    return {"label": "a", "depth": 1, "width0": width, "kernel0": 1}


@dataclass(frozen=True, kw_only=True)
class KnownSpace(ToySpace):
    """A space of two known designs."""

    def known(self) -> dict[str, dict[str, Any]]:
        return {"toy-4": params(4), "toy-3": params(3)}


SPACE = KnownSpace(task=DIGITS, widths=(2, 3, 4, 5, 6))


def trials(designs: Mapping[int, str | None]) -> list[FrozenTrial]:
    """Scored networks of different widths; some are known designs."""
    study = optuna.create_study()
    for width, design in designs.items():
        study.enqueue_trial(params(width))
        trial = study.ask()
        SPACE.build(trial)
        one = of_width(width)
        attributes = {"hash": one.hash, "macs": width * 1000}
        for name, value in {**attributes, **({DESIGN: design} if design else {})}.items():
            trial.set_user_attr(name, value)
        study.tell(trial, 0.0)
    return study.trials


def found(
    designs: Mapping[int, str | None], baselines: Mapping[str, int] | None = None
) -> list[tuple[str, str, str]]:
    """Kind, name, and name of the contender of each rival."""
    beside = {name: of_width(width) for name, width in (baselines or {}).items()}
    rivals = rivals_of(SPACE, trials(designs), beside)
    return [(rival.kind, rival.name, rival.contender.name) for rival in rivals]


def test_baselines_the_first_known_design_and_the_largest_network() -> None:
    designs = {3: "toy-3", 4: "toy-4", 2: None, 6: None, 5: None}
    assert found(designs, {"mine": 9, "yours": 8}) == [
        ("baseline", "mine", "mine"),
        ("baseline", "yours", "yours"),
        ("known design", "toy-4", "#1"),
        ("largest", "largest by MACs", "#3"),
    ]


def test_a_design_that_was_not_scored_is_passed_over() -> None:
    assert found({3: "toy-3", 5: None})[0] == ("known design", "toy-3", "#0")
    assert found({5: None}) == [("largest", "largest by MACs", "#0")]


def test_nobody_is_a_rival_twice() -> None:
    assert found({4: "toy-4", 3: None}) == [("known design", "toy-4", "#0")]
    assert found({4: "toy-4", 5: None}, {"mine": 5}) == [
        ("baseline", "mine", "mine"),
        ("known design", "toy-4", "#0"),
    ]


def test_without_trials_there_are_baselines_alone() -> None:
    assert found({}, {"mine": 5}) == [("baseline", "mine", "mine")]
    assert found({}) == []


def test_a_lead_with_its_error_by_hand() -> None:
    """Of 400 samples 90 % and 80 %, with one right and one wrong more: 361 and 321 of 402."""
    one = lead(measured({1: 0.5, 3: 0.9, 9: 0.95}), measured({1: 0.6, 3: 0.8}), 400, IMAGES)
    assert one is not None
    assert one.epochs == 3, "the longest training of both"
    assert one.difference == pytest.approx(0.1)
    variances = [361 / 402 * 41 / 402 / 400, 321 / 402 * 81 / 402 / 400]
    assert (
        one.error == pytest.approx(math.sqrt(sum(variances))) == pytest.approx(0.02512, rel=1e-3)
    )
    assert one.is_sure


def test_a_lead_in_explained_variance_by_hand() -> None:
    """Of 0.8 and 0.5 of 100: what is unexplained, times the root of 4 R² over the samples.

    Twice the square of one over the samples is added to what is in the root.
    """
    one = lead(measured({5: 0.8}), measured({5: 0.5}), 100, KINDS.get(IMAGE_REGRESSION))
    assert one is not None
    variances = [0.2**2 * (4 * 0.008 + 2e-4), 0.5**2 * (4 * 0.005 + 2e-4)]
    assert one.error**2 == pytest.approx(sum(variances))


def test_a_lead_over_networks_that_explain_nothing_may_be_chance() -> None:
    for best, rival in [(-0.5, -0.6), (0.0, -0.01)]:
        one = lead(measured({5: best}), measured({5: rival}), 100, KINDS.get(IMAGE_REGRESSION))
        assert one is not None
        assert not one.is_sure


@pytest.mark.parametrize(
    ("difference", "is_sure"), [(0.051, True), (0.05, False), (0.0, False), (-0.2, False)]
)
def test_a_lead_is_sure_beyond_two_standard_errors(difference: float, is_sure: bool) -> None:
    assert Lead(epochs=1, difference=difference, error=0.025).is_sure is is_sure


def test_trainings_of_different_length_are_not_compared() -> None:
    assert lead(measured({1: 0.9}), measured({3: 0.8}), 400, IMAGES) is None
    assert lead(measured({}), measured({3: 0.8}), 400, IMAGES) is None
