"""The sentences about results that are made up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from nas.analysis.cost import cost
from nas.space.candidate import candidate
from nas.study.finalists.rivals import Lead, RivalKind
from nas.study.result import Found, ProbesResult, RivalResult, SearchResult
from nas.study.selection.trust import Trust
from nas.study.verdict import verdict
from nas.task.image_regression import IMAGE_REGRESSION
from nas.task.task import Task
from tests.nas.study.finalists.fakes import FakeTrainer, decide, new_record
from tests.nas.study.study_toys import toy_estimate, toy_space

if TYPE_CHECKING:
    from nas.space.search_space import SearchSpace

NO_TRUST = Trust()


@pytest.fixture(scope="module")
def scored() -> SearchResult:
    """A real result to fill in."""
    return decide(FakeTrainer(), new_record(), n_trials=1, finalists=0, max_epochs=0)


def found(width: int, *, space: SearchSpace | None = None, **known: Any) -> Found:
    params = {"label": "a", "depth": 1, "width0": width, "kernel0": 1}
    one = candidate(space or toy_space(), params)
    trained = {"val_accuracy": 0.9, "epochs": 30, "test_accuracy": 0.8, "start": "default"}
    return Found(
        candidate=one,
        name=f"#{width}",
        number=width,
        values=(0.0,),
        estimate=toy_estimate(0.5, 0.5),
        cost=cost(one.network),
        **{**trained, **known},
    )


def sentences(
    scored: SearchResult,
    best: Found,
    rivals: tuple[RivalResult, ...] = (),
    trust: Trust = NO_TRUST,
) -> tuple[str, ...]:
    finalists = (best,) * 9
    return verdict(replace(scored, best=best, rivals=rivals, finalists=finalists, trust=trust))


def rival(
    kind: RivalKind, name: str, difference: float | None = None, width: int = 5
) -> RivalResult:
    """One that the best leads by some accuracy, with an error of 0.01 after nine epochs."""
    lead = None if difference is None else Lead(epochs=9, difference=difference, error=0.01)
    return RivalResult(name=name, kind=kind, found=found(width), lead=lead)


def test_the_winner_of_the_search(scored: SearchResult) -> None:
    assert sentences(scored, found(4)) == (
        "Architecture #4 is the best of 9 trained networks.",
        "The training of the result started from torch's default weights.",
    )


def test_without_training_the_ranking_decides(scored: SearchResult) -> None:
    untrained = found(4, val_accuracy=None, epochs=None, test_accuracy=None, start=None)
    assert sentences(scored, untrained) == (
        "Nothing was trained: the best architecture is the first in the ranking.",
    )


def test_another_start_is_named(scored: SearchResult) -> None:
    _, start = sentences(scored, found(4, start="predicted"))
    assert start == "The training of the result started from predicted weights."


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("baseline", "mine", "Your network 'mine'"),
        ("known design", "resnet-18", "The known design resnet-18 (#5)"),
        ("largest", "largest by MACs", "The largest network that was scored (#5)"),
    ],
)
def test_a_rival_that_has_won(
    scored: SearchResult, kind: RivalKind, name: str, expected: str
) -> None:
    """Nothing is said about its lead over itself."""
    winner, start = sentences(scored, found(5), (rival(kind, name),))
    assert winner == f"{expected} is the best of 9 trained networks: nothing found beats it."
    assert start.startswith("The training of the result")


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (0.031, "is behind by 3.1 ± 1.0 points of accuracy after 9 epochs."),
        (0.012, "is behind by 1.2 ± 1.0 points of accuracy after 9 epochs, which may be chance."),
        (0.0, "is behind by 0.0 ± 1.0 points of accuracy after 9 epochs, which may be chance."),
        (-0.005, "is ahead by 0.5 ± 1.0 points of accuracy after 9 epochs, which may be chance."),
        (-0.05, "is ahead by 5.0 ± 1.0 points of accuracy after 9 epochs."),
        (None, "was not trained as long as the best, or failed."),
    ],
)
def test_a_rival_that_has_not_won(
    scored: SearchResult, difference: float | None, expected: str
) -> None:
    _, about, _ = sentences(scored, found(4), (rival("baseline", "mine", difference),))
    assert about == f"Your network 'mine' {expected}"


def test_a_baseline_that_is_the_winning_architecture_has_won(scored: SearchResult) -> None:
    beside = rival("baseline", "mine", width=4)
    mine = replace(beside, found=replace(beside.found, name="mine", number=None))
    winner, start = sentences(scored, found(4), (mine,))
    assert winner.startswith("Your network 'mine' is the best")
    assert start.startswith("The training of the result")


def test_explained_variance_has_no_points(scored: SearchResult) -> None:
    task = Task(kind=IMAGE_REGRESSION, classes=2, channels=1, resolution=8)
    best = found(4, space=toy_space(task=task))
    _, about, _ = sentences(scored, best, (rival("baseline", "mine", 0.031),))
    assert about == "Your network 'mine' is behind by 0.031 ± 0.01 R² after 9 epochs."


def trust(low: float, high: float, probes: int = 8) -> Trust:
    tau = (low + high) / 2
    return Trust(probes=probes, kendall_tau={"score": tau}, interval={"score": (low, high)})


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (
            trust(0.25, 0.75),
            "The ranking by score is confirmed by 8 trainings (Kendall's tau 0.50, between 0.25 "
            "and 0.75 in nine of ten cases).",
        ),
        (
            trust(-0.75, -0.25),
            "The ranking by score is reversed: 8 trainings contradict it (Kendall's tau -0.50, "
            "between -0.75 and -0.25 in nine of ten cases); the trainings decided.",
        ),
        (
            trust(-0.25, 0.75),
            "The ranking by score is not confirmed by 8 trainings (Kendall's tau 0.25, between "
            "-0.25 and 0.75 in nine of ten cases): finalists were chosen as if at random, and the "
            "trainings decided.",
        ),
        (trust(0.25, 0.75, probes=4), None),
        (Trust(probes=8, kendall_tau={"score": None}, interval={"score": None}), None),
        (NO_TRUST, None),
    ],
    ids=["confirmed", "reversed", "not confirmed", "too few", "all equal", "none"],
)
def test_whether_trainings_confirm_the_ranking(
    scored: SearchResult, known: Trust, expected: str | None
) -> None:
    told = sentences(scored, found(4), trust=known)[2:]
    assert told == (() if expected is None else (expected,))


def test_a_regressor_that_ranks_backwards_is_said_not_to_be_used(scored: SearchResult) -> None:
    known = trust(0.25, 0.75)
    backwards = replace(
        known,
        kendall_tau={**known.kendall_tau, "regressor": -0.5},
        interval={**known.interval, "regressor": (-0.9, -0.1)},
    )
    *_, last = sentences(scored, found(4), trust=backwards)
    assert last == (
        "The regressor that learns from the trained networks ranks backwards and is not used."
    )


def test_the_probes_say_what_no_score_has_chosen(scored: SearchResult) -> None:
    probes = ProbesResult(architectures=4, epochs=3, mean=0.653, error=0.061)
    about = verdict(replace(scored, probes=probes))
    assert (
        "The 4 architectures drawn evenly over the ranking reach a mean accuracy of 65.3 ± 6.1 % "
        "after 3 epochs."
    ) in about
