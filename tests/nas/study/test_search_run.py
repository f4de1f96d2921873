"""Whole searches whose scores and trainings are looked up: who is trained, who wins, what is kept.

Trainings of real networks are in ``test_search.py``.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from nas.graph.graph import Graph
from nas.study.goals.constraints import parse_constraints
from nas.study.record.artifacts import Artifacts
from nas.study.record.trial_reading import is_scored
from nas.study.verdict import verdict
from nas.training.starts.default import DEFAULT
from nas.training.starts.predicted import PREDICTED
from tests.nas.study.finalists.fakes import (
    FakeTrainer,
    by_width,
    decide,
    new_record,
    notes,
    of_width,
    width_of,
)
from tests.nas.study.study_toys import DIGITS, ToySpace, found, toy_space

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nas.events import Event
    from nas.space.candidate import Candidate

SHORT: dict[str, Any] = {"finalists": 3, "finalist_epochs": 1, "max_epochs": 2}
"""Three finalists and their rivals for one epoch; one for two."""

NARROW = toy_space(widths=(2, 3, 4))


@dataclass(frozen=True, kw_only=True)
class KnownSpace(ToySpace):
    """The known design is the narrowest network, which scores worst."""

    def known(self) -> dict[str, dict[str, Any]]:
        return {"toy-2": {"label": "a", "depth": 1, "width0": 2, "kernel0": 1}}


def drawn(seed: int) -> Callable[[Candidate, int, str], float]:
    """Accuracies drawn for each architecture, length and start."""
    return lambda one, epochs, start: random.Random(f"{seed} {one.hash} {epochs} {start}").random()


def different(trainer: FakeTrainer) -> Counter[tuple[str, int, str]]:
    """How often each training was run: hash, length and start."""
    trained = zip(trainer.hashes, trainer.calls, strict=True)
    return Counter((hash_, epochs, start) for hash_, (_, epochs, start) in trained)


def test_a_baseline_that_nothing_found_beats_is_handed_over(tmp_path: Path) -> None:
    result = decide(
        FakeTrainer(),
        new_record(),
        tmp_path,
        space=NARROW,
        baselines={"mine": of_width(9)},
        **SHORT,
    )
    best = result.best
    assert (best.name, best.number, best.estimate, best.score) == ("mine", None, None, None)
    assert (best.values, best.val_accuracy, best.epochs) == ((), 0.9, 2)
    assert result.finalists[0] == best
    written = Graph.from_json((result.files["best"] / "architecture.json").read_text())
    assert written == of_width(9).network
    assert verdict(result)[0] == (
        f"Your network 'mine' is the best of {len(result.finalists)} trained networks: "
        "nothing found beats it."
    )


def test_a_baseline_that_is_beaten_is_shown_with_the_lead() -> None:
    result = decide(FakeTrainer(), new_record(), baselines={"mine": of_width(2)}, **SHORT)
    (mine,) = (rival for rival in result.rivals if rival.kind == "baseline")
    assert result.best.number is not None
    assert mine.found.candidate.hash in {one.candidate.hash for one in result.finalists}
    assert mine.lead is not None
    assert mine.lead.difference == pytest.approx((result.best.val_accuracy or 0) - 0.2)


def test_a_baseline_that_misses_a_constraint_is_compared_but_does_not_win() -> None:
    def accuracy(one: Candidate, epochs: int, start: str) -> float:
        return 0.95 if width_of(one) == 90 else by_width(one, epochs, start)

    trainer = FakeTrainer(accuracy)
    limits = parse_constraints(["params<=900"])
    result = decide(
        trainer,
        new_record(),
        space=NARROW,
        baselines={"mine": of_width(90)},
        constraints=limits,
        **SHORT,
    )
    assert (90, 1, DEFAULT) in trainer.calls
    assert (90, 2, DEFAULT) not in trainer.calls
    assert result.best.number is not None
    (lead,) = (rival.lead for rival in result.rivals if rival.name == "mine")
    assert lead is not None
    assert lead.difference < 0
    assert any("Your network 'mine' is ahead by" in sentence for sentence in verdict(result))


def test_a_baseline_may_be_an_architecture_of_the_space() -> None:
    """It is trained once, and its sentence does not say that it is missing."""
    space = toy_space(widths=(3, 4))
    known = decide(FakeTrainer(), new_record(), space=space, **SHORT).best
    trainer = FakeTrainer()
    result = decide(
        trainer, new_record(), space=space, baselines={"mine": known.candidate}, **SHORT
    )
    assert result.best.candidate.hash == known.candidate.hash
    assert len(different(trainer)) == len(trainer.calls)
    sentences = " ".join(verdict(result))
    assert sentences.startswith("Your network 'mine' is the best")
    assert "not trained as long" not in sentences


def test_a_known_design_is_trained_whatever_its_score() -> None:
    trainer = FakeTrainer()
    result = decide(
        trainer, new_record(), space=KnownSpace(task=DIGITS, widths=(2, 6, 7, 8)), **SHORT
    )
    assert (2, 1, DEFAULT) in trainer.calls
    (known,) = (rival for rival in result.rivals if rival.kind == "known design")
    assert known.name == "toy-2"
    assert known.found.number == 0
    assert any(s.startswith("The known design toy-2 (#0) is behind") for s in verdict(result))


def test_the_largest_network_is_trained_whatever_its_score() -> None:
    trainer = FakeTrainer()
    result = decide(trainer, new_record(), n_trials=12, **{**SHORT, "finalists": 1})
    scored = filter(is_scored, result.study.trials)
    largest = max(scored, key=lambda trial: trial.user_attrs["macs"])
    assert largest.user_attrs["hash"] in trainer.hashes
    assert [rival.found.number for rival in result.rivals] == [largest.number]


def test_without_a_first_rung_rivals_are_not_trained() -> None:
    trainer = FakeTrainer()
    baselines = {"mine": of_width(2)}
    result = decide(trainer, new_record(), baselines=baselines, finalists=0, max_epochs=2)
    assert len(trainer.calls) == 1
    assert all(rival.lead is None for rival in result.rivals if rival.name == "mine")
    assert "Your network 'mine' was not trained as long as the best, or failed." in verdict(result)


@pytest.mark.parametrize("accuracy", [0.87, 0.2])
def test_the_best_baseline_is_trained_to_the_end_however_far_behind(accuracy: float) -> None:
    """The best found has 0.9, the largest 0.7."""

    def looked_up(one: Candidate, epochs: int, start: str) -> float:
        return accuracy if width_of(one) == 20 else 0.9 if one.params["depth"] == 1 else 0.7

    trainer = FakeTrainer(looked_up)
    heard: list[Event] = []
    result = decide(
        trainer,
        new_record(),
        listen=heard.append,
        baselines={"mine": of_width(20)},
        **{**SHORT, "finalists": 6},
    )
    assert result.best.val_accuracy == 0.9
    assert result.rungs[-1].architectures == 2
    assert (20, 2, DEFAULT) in trainer.calls
    assert len([note for note in notes(heard) if "to be compared with" in note]) == 1


def test_a_start_that_is_asked_for_serves_all_trainings() -> None:
    trainer = FakeTrainer(starts=(DEFAULT, PREDICTED))
    result = decide(trainer, new_record(), init=PREDICTED, **{**SHORT, "max_epochs": 1})
    assert {start for _, _, start in trainer.calls} == {PREDICTED}
    assert result.best.start == PREDICTED
    assert "The training of the result started from predicted weights." in verdict(result)


@pytest.mark.parametrize(("gain", "start"), [(0.05, PREDICTED), (-0.05, DEFAULT)])
def test_where_it_is_cheap_the_better_of_two_starts_is_kept(
    gain: float, start: str, tmp_path: Path
) -> None:
    def accuracy(one: Candidate, epochs: int, start: str) -> float:
        return by_width(one, epochs, start) + gain * (start == PREDICTED)

    trainer = FakeTrainer(accuracy, starts=(DEFAULT, PREDICTED))
    cheap: dict[str, Any] = {"finalists": 5, "finalist_epochs": 3, "max_epochs": 3}
    result = decide(trainer, new_record(), tmp_path, **cheap)
    assert [call for call in trainer.calls if call[2] == PREDICTED] == [
        (width_of(result.best.candidate), 3, PREDICTED)
    ]
    assert result.best.start == start
    assert f"init: {start}" in (tmp_path / "best" / "card.md").read_text()
    dear = FakeTrainer(accuracy, starts=(DEFAULT, PREDICTED))
    decide(dear, new_record(), **{**cheap, "max_epochs": 30})
    assert {start for _, _, start in dear.calls} == {DEFAULT}


def test_a_search_of_a_former_version_keeps_its_start(tmp_path: Path) -> None:
    """Its record holds trainings from predicted weights, and no note of the starts."""
    record = new_record()
    trainer = FakeTrainer(starts=(DEFAULT, PREDICTED))
    before = decide(trainer, record, tmp_path, init=PREDICTED, **SHORT)
    count = len(trainer.calls)
    assert found(decide(trainer, record, tmp_path, **SHORT)) == found(before)
    assert len(trainer.calls) == count
    decide(trainer, record, tmp_path, **{**SHORT, "max_epochs": 5})
    assert {start for _, _, start in trainer.calls} == {PREDICTED}


BUDGETS = [
    {
        "budget": draws.randint(20, 90),
        "finalist_epochs": draws.randint(1, 3),
        "max_epochs": draws.choice([0, 3, 7, 15, 20]),
        "reduction": draws.randint(2, 4),
        "n_trials": draws.randint(3, 15),
        "baselines": draws.randint(0, 3),
        "seed": draws.randint(0, 99),
    }
    for draws in map(random.Random, range(20))
]


@pytest.mark.parametrize("asked", BUDGETS, ids=lambda asked: f"{asked['budget']}")
def test_a_budget_is_never_exceeded(asked: dict[str, Any]) -> None:
    settings = dict(asked)
    baselines = {f"mine{i}": of_width(20 + i) for i in range(settings.pop("baselines"))}
    trainer = FakeTrainer(drawn(settings["seed"]), starts=(DEFAULT, PREDICTED))
    space = KnownSpace(task=DIGITS, widths=tuple(range(2, 10)))
    result = decide(trainer, new_record(), space=space, baselines=baselines, **settings)
    assert 0 < trainer.epochs <= settings["budget"]
    trained = result.rungs[1:]
    assert sum(one.architectures * one.epochs for one in trained) == trainer.epochs


TIMED: dict[str, Any] = {"n_trials": 20, "finalist_epochs": 1, "max_epochs": 9}
"""Rungs of 20 and 7, and the final one: at most 20, 21 and 9 epochs."""


def test_a_rung_ends_with_its_share_of_the_time() -> None:
    """An epoch takes a second, and each of three rungs may end after a third of the time."""
    trainer = FakeTrainer(seconds=1.0)
    result = decide(trainer, new_record(), train_seconds=30.0, **TIMED)
    assert [(effort.architectures, effort.epochs) for effort in result.rungs[1:3]] == [
        (10, 1),
        (4, 3),
    ]
    assert result.rungs[3].epochs == 9


def test_where_there_is_hardly_any_time_two_are_trained_beside_the_rivals() -> None:
    record, trainer = new_record(), FakeTrainer(seconds=1.0)
    baselines = {"mine": of_width(20), "yours": of_width(2)}
    result = decide(trainer, record, baselines=baselines, train_seconds=0.1, init=DEFAULT, **TIMED)
    first = [width for width, epochs, _ in trainer.calls if epochs == 1]
    assert len(first) == len(result.rivals) + 2
    assert result.rungs[-1].architectures == 2, "the best, and the best of the others"


def test_a_search_whose_time_is_over_repeats_its_result(tmp_path: Path) -> None:
    record, trainer = new_record(), FakeTrainer(drawn(0), seconds=1.0)
    first = decide(trainer, record, tmp_path, train_seconds=30.0, **TIMED)
    count = len(trainer.calls)
    record.write("finished", None)  # else nothing is trained anyway
    assert found(decide(trainer, record, tmp_path, train_seconds=30.0, **TIMED)) == found(first)
    assert len(trainer.calls) == count


def test_more_time_continues_the_recorded_search(tmp_path: Path) -> None:
    record, trainer = new_record(), FakeTrainer(drawn(0), seconds=1.0)
    first, second = (
        decide(trainer, record, tmp_path, train_seconds=seconds, **TIMED).rungs[1].architectures
        for seconds in (15.0, 120.0)
    )
    assert first < second
    assert len(different(trainer)) == len(trainer.calls)


@pytest.mark.parametrize("seed", range(8))
def test_extensions_lose_nothing(seed: int, tmp_path: Path) -> None:
    """However a search goes on, its result never gets worse, and its model is exported."""
    draws = random.Random(seed)
    trainer = FakeTrainer(drawn(seed), starts=(DEFAULT, PREDICTED)[: 1 + seed % 2])
    baselines = {"mine": of_width(20)} if seed % 3 else {}
    record, best = new_record(), 0.0
    for _ in range(4):
        result = decide(
            trainer,
            record,
            tmp_path,
            baselines=baselines,
            n_trials=draws.randint(1, 10),
            finalists=draws.randint(0, 6),
            finalist_epochs=draws.randint(1, 2),
            max_epochs=draws.randint(1, 5),
        )
        assert result.best.val_accuracy is not None
        assert result.best.val_accuracy >= best
        best = result.best.val_accuracy
        written = Graph.from_json((tmp_path / "best" / "architecture.json").read_text())
        assert written == result.best.candidate.network
        longest: dict[str, int] = {}
        for hash_, (_, epochs, _) in zip(trainer.hashes, trainer.calls, strict=True):
            longest[hash_] = max(epochs, longest.get(hash_, 0))
        assert {one.candidate.hash: one.epochs for one in result.finalists} == longest
    assert all(count <= 2 for count in different(trainer).values()), "on a rung and to the end"


KILLED: dict[str, Any] = {"finalists": 4, "finalist_epochs": 2, "max_epochs": 5, "reduction": 2}
TRAININGS = 10


@pytest.fixture(scope="module")
def whole() -> tuple[dict[str, Any], int]:
    """A result, and the number of its trainings: five on rung 1, and of full length."""
    trainer = FakeTrainer(drawn(1), starts=(DEFAULT, PREDICTED))
    result = decide(trainer, new_record(), baselines={"mine": of_width(20)}, **KILLED)
    return found(result), len(trainer.calls)


@pytest.mark.parametrize("stops", range(1, TRAININGS + 1))
def test_a_search_that_is_killed_in_a_training_ends_as_if_it_had_not_been(
    stops: int, whole: tuple[dict[str, Any], int]
) -> None:
    expected, count = whole
    trainer = FakeTrainer(drawn(1), starts=(DEFAULT, PREDICTED), stops=stops)
    record, baselines = new_record(), {"mine": of_width(20)}
    assert count == TRAININGS
    with pytest.raises(KeyboardInterrupt):
        decide(trainer, record, baselines=baselines, **KILLED)
    assert found(decide(trainer, record, baselines=baselines, **KILLED)) == expected
    assert len(trainer.calls) == count


@pytest.mark.parametrize(
    "changes",
    [{"baselines": {"mine": of_width(20)}}, {"init": PREDICTED}, {"max_epochs": 3}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_finished_search_that_is_asked_for_more_goes_on(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    record, trainer = new_record(), FakeTrainer()
    first = decide(trainer, record, tmp_path, **SHORT)
    heard: list[Event] = []
    again = decide(trainer, record, tmp_path, heard.append, **SHORT)
    assert (found(again), len(notes(heard))) == (found(first), 1)
    assert "already finished" in notes(heard)[0]
    count = len(trainer.calls)
    decide(trainer, record, tmp_path, heard.append, **{**SHORT, **changes})
    assert len(trainer.calls) > count
    assert not any("already finished" in note for note in notes(heard)[1:])


def test_trained_architectures_have_drawings_and_the_best_its_files(tmp_path: Path) -> None:
    record, trainer = new_record(), FakeTrainer(stops=4)
    with pytest.raises(KeyboardInterrupt):
        decide(trainer, record, tmp_path, baselines={"mine": of_width(2)}, **SHORT)

    result = decide(trainer, record, tmp_path, baselines={"mine": of_width(2)}, **SHORT)

    artifacts = Artifacts(record, tmp_path / "artifacts")
    names = ["drawing.svg", "model.py", "model.safetensors", "architecture.json", "card.md"]
    held = {t.number: [n for n in names if artifacts.has(t, n)] for t in record.trials()}
    trained = {one.number for one in result.finalists if one.number is not None}
    expected = {
        number: (names if number == result.best.number else names[:1] * (number in trained))
        for number in held
    }
    assert held == expected
    files = sorted((tmp_path / "artifacts").iterdir())
    assert len(files) == len(trained) + 4, "none is there twice"
    contents = {file.read_bytes() for file in files}
    assert {file.read_bytes() for file in (tmp_path / "best").iterdir()} <= contents
