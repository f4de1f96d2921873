from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, cast

import optuna
import pytest

from nas.analysis.figure import FIGURES
from nas.evaluate.scorer import Estimate, Failure, Scorer
from nas.seeding import rng
from nas.space.candidate import candidate, sample
from nas.study.finalists.trainer import Trainer
from nas.study.record.trial_reading import is_mutant
from nas.study.search_config import SearchConfig
from nas.study.selection import mutation_selector
from nas.study.selection.finalist_selector import FinalistSelector
from nas.study.selection.mutation_selector import MutationSelector
from tests.nas.study.study_toys import found, quality, record, toy_score, toy_search, toy_space

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from optuna.trial import FrozenTrial

    from nas.space.candidate import Candidate
    from nas.study.exploration import Exploration
    from nas.study.result import SearchResult

SPACE = toy_space(widths=tuple(range(2, 12)))
FOUNDERS, ALL = 10, 24


class Family:
    """Random architectures of known quality, and the mutants that were made of them."""

    def __init__(self, score: Callable[[Candidate], float]) -> None:
        self._study = optuna.create_study(direction="maximize")
        self._score = score
        self.parents: dict[int, int] = {}
        self._known: dict[str, int] = {}
        draws = rng(0, "founders")
        while len(self._known) < ALL:
            self.add(sample(SPACE, draws))

    def add(self, one: Candidate) -> FrozenTrial:
        number = self._known.get(one.hash)
        if number is None:
            self._study.enqueue_trial(dict(one.params))
            trial = self._study.ask()
            SPACE.build(trial)
            figures: dict[str, Any] = dict.fromkeys(FIGURES, 1.0) | {"score": self._score(one)}
            for name, value in figures.items():
                trial.set_user_attr(name, value)
            self._study.tell(trial, figures["score"])
            number = self._known[one.hash] = trial.number
        return self._study.get_trials(deepcopy=False)[number]

    def trial(self, number: int) -> FrozenTrial:
        return self._study.get_trials(deepcopy=False)[number]

    def record_mutant(self, one: Candidate, parent: int) -> FrozenTrial | None:
        """The widest ones are of no use."""
        if one.params["width0"] == SPACE.widths[-1]:
            return None
        trial = self.add(one)
        self.parents.setdefault(trial.number, parent)
        return trial

    def mutation_selector(self) -> MutationSelector:
        trials = sorted(
            self._study.get_trials(deepcopy=False)[:ALL], key=lambda trial: -trial.values[0]
        )
        selector = FinalistSelector(trials, SearchConfig().objectives)
        config = SearchConfig(founders=FOUNDERS)
        return MutationSelector(SPACE, selector, config, cast("Exploration", self))

    def accuracy(self, number: int) -> float:
        return quality(candidate(SPACE, self.trial(number).params)) / 2

    def train(self, mutation_selector: MutationSelector, count: int) -> dict[int, float | None]:
        trained: dict[int, float | None] = {}
        while len(trained) < count and (chosen := mutation_selector(trained)) is not None:
            assert chosen.number not in trained
            diverged = len(trained) == 3  # one of the founders does
            trained[chosen.number] = None if diverged else self.accuracy(chosen.number)
        return trained


def misleading(one: Candidate) -> float:
    return float(int(one.hash[:6], 16))


def test_a_ranking_that_proves_itself_is_followed_to_the_end() -> None:
    family = Family(quality)
    trained = family.train(family.mutation_selector(), 99)
    assert sorted(trained) == list(range(ALL))
    assert not family.parents


def test_where_the_ranking_misleads_mutants_of_the_best_are_trained() -> None:
    family = Family(misleading)
    trained = family.train(family.mutation_selector(), 30)
    mutants = list(trained)[FOUNDERS:]
    assert len(mutants) == 30 - FOUNDERS
    for number in mutants:
        own, parents = (family.trial(n).params for n in (number, family.parents[number]))
        shared = own.keys() & parents.keys()
        assert sum(own[name] != parents[name] for name in shared) <= 1
        assert trained[family.parents[number]] is not None
    known = [accuracy or 0 for accuracy in trained.values()]
    assert max(known[FOUNDERS:]) > max(known[:FOUNDERS])
    late, early = known[-FOUNDERS:], known[:FOUNDERS]
    assert sorted(late)[FOUNDERS // 2] > sorted(early)[-3]


def test_the_same_mutants_are_made_again() -> None:
    family = Family(misleading)
    first = family.train(family.mutation_selector(), 16)
    bred = dict(family.parents)
    assert family.train(family.mutation_selector(), 16) == first
    assert family.parents == bred


def test_without_mutants_of_use_the_ranking_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    family = Family(misleading)
    mutation_selector = family.mutation_selector()
    monkeypatch.setattr(family, "record_mutant", lambda one, parent: None)
    assert sorted(family.train(mutation_selector, 99)) == list(range(ALL))


def test_where_a_space_fails_to_build_mutants_the_ranking_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*arguments: object) -> Candidate:
        raise RuntimeError("not this one")

    monkeypatch.setattr(mutation_selector, "mutate", broken)
    family = Family(misleading)
    assert sorted(family.train(family.mutation_selector(), 99)) == list(range(ALL))
    assert not family.parents


@pytest.fixture
def bred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SearchResult]:
    """A search that trains mutants after four founders."""
    monkeypatch.setattr(FinalistSelector, "is_proven", lambda self, trained: False)

    def run(**changes: Any) -> SearchResult:
        settings = {
            "n_trials": 14,
            "finalists": 14,
            "max_epochs": 1,
            "founders": 4,
            "out": tmp_path / "run",
        }
        return toy_search(**{"space": SPACE, "constraints": "params<=3000", **settings, **changes})

    return run


def mutants_of(result: SearchResult) -> list[FrozenTrial]:
    return [trial for trial in result.study.trials if is_mutant(trial)]


def test_a_search_records_mutants_beside_its_candidates(
    bred: Callable[..., SearchResult],
) -> None:
    result = bred()
    mutants = mutants_of(result)
    assert result.trials.complete == 14
    assert result.trials.mutants == len(mutants) > 0
    assert {child.user_attrs["outcome"] for child in mutants} == {"scored"}
    assert {finalist.number for finalist in result.finalists} & {t.number for t in mutants}
    assert all(finalist.cost.params <= 3000 for finalist in result.finalists)
    assert result.rungs[0].architectures == 14 + len(mutants)
    assert result.run is not None
    table = list(csv.DictReader((result.run / "trials.csv").read_text().splitlines()))
    parents = {int(row["number"]): int(row["parent"]) for row in table if row["parent"]}
    assert parents == {child.number: child.user_attrs["parent"] for child in mutants}
    assert len(table) == result.trials.total

    again = bred()
    assert again.to_dict() == result.to_dict()
    assert len(again.study.trials) == len(result.study.trials)

    more = bred(n_trials=16)
    assert more.trials.complete == 16


@pytest.mark.parametrize("call", [5, 16])
def test_an_interrupted_search_ends_with_the_same_mutants(
    bred: Callable[..., SearchResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """After a child is scored, and before it is trained."""
    calls, train = 0, Trainer.train

    def interrupted(*arguments: Any, **settings: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyboardInterrupt
        return train(*arguments, **settings)

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bred(out=tmp_path / "stopped")
    resumed, whole = bred(out=tmp_path / "stopped"), bred()
    assert mutants_of(whole)
    assert found(resumed) == found(whole)
    assert record(resumed) == record(whole)


def test_mutants_that_cannot_be_scored_are_passed_over(
    bred: Callable[..., SearchResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    def scored(self: Scorer, candidates: Sequence[Candidate]) -> list[Estimate | Failure]:
        known = toy_score(candidates)
        return known if len(candidates) > 1 else [Failure("not today")] * len(candidates)

    monkeypatch.setattr(Scorer, "one_by_one", scored)
    result = bred(constraints=())
    assert result.trials.mutants == 0 < result.trials.failed
    assert len(result.finalists) == 14
    assert bred(constraints=(), n_trials=18).trials.complete == 18
