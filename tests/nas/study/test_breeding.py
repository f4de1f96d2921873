from __future__ import annotations

from typing import TYPE_CHECKING, Any

import optuna
import pytest

from nas.seeding import rng
from nas.space.candidate import candidate, sample
from nas.study import breeding
from nas.study.breeding import Breeder
from nas.study.choice import FIGURES, Chooser
from nas.study.ledger import is_child
from nas.study.objectives import parse_objectives
from tests.nas.study.study_toys import quality, toy_search, toy_space
from tests.nas.study.test_choice import no_embedding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from optuna.trial import FrozenTrial

    from nas.space.candidate import Candidate

OBJECTIVES = parse_objectives(["score"])
SPACE = toy_space(widths=tuple(range(2, 12)))
FOUNDERS, ALL = 10, 24


@pytest.fixture(autouse=True)
def _few_founders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breeding, "FOUNDERS", FOUNDERS)


class Family:
    """Random architectures of known quality, and the children that were made of them."""

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
        return self._study.trials[number]

    def child(self, one: Candidate, parent: int) -> FrozenTrial | None:
        """The widest ones are of no use."""
        if one.params["width0"] == SPACE.widths[-1]:
            return None
        trial = self.add(one)
        self.parents.setdefault(trial.number, parent)
        return trial

    def breeder(self) -> Breeder:
        trials = sorted(self._study.trials[:ALL], key=lambda trial: -trial.values[0])
        return Breeder(
            SPACE, Chooser(trials, OBJECTIVES, no_embedding), OBJECTIVES, self.child, seed=0
        )

    def accuracy(self, number: int) -> float:
        return quality(candidate(SPACE, self._study.trials[number].params)) / 2

    def params(self, number: int) -> Mapping[str, Any]:
        return self._study.trials[number].params

    def train(self, breeder: Breeder, count: int) -> dict[int, float | None]:
        trained: dict[int, float | None] = {}
        while len(trained) < count and (chosen := breeder(trained)) is not None:
            assert chosen.number not in trained
            diverged = len(trained) == 3  # one of the founders does
            trained[chosen.number] = None if diverged else self.accuracy(chosen.number)
        return trained


def misleading(one: Candidate) -> float:
    return float(int(one.hash[:6], 16))


def test_a_ranking_that_proves_itself_is_followed_to_the_end() -> None:
    family = Family(quality)
    trained = family.train(family.breeder(), 99)
    assert sorted(trained) == list(range(ALL))
    assert not family.parents


def test_where_the_ranking_misleads_children_of_the_best_are_trained() -> None:
    family = Family(misleading)
    trained = family.train(family.breeder(), 30)
    children = list(trained)[FOUNDERS:]
    assert len(children) == 30 - FOUNDERS
    for number in children:
        own, parents = family.params(number), family.params(family.parents[number])
        shared = own.keys() & parents.keys()
        assert sum(own[name] != parents[name] for name in shared) <= 1
        assert trained[family.parents[number]] is not None
    known = [accuracy or 0 for accuracy in trained.values()]
    assert max(known[FOUNDERS:]) > max(known[:FOUNDERS])
    late, early = known[-FOUNDERS:], known[:FOUNDERS]
    assert sorted(late)[FOUNDERS // 2] > sorted(early)[-3]


def test_the_same_children_are_made_again() -> None:
    family = Family(misleading)
    first = family.train(family.breeder(), 16)
    bred = dict(family.parents)
    assert family.train(family.breeder(), 16) == first
    assert family.parents == bred


def test_without_children_of_use_the_ranking_goes_on() -> None:
    family = Family(misleading)
    breeder = family.breeder()
    breeder._score = lambda one, parent: None
    assert sorted(family.train(breeder, 99)) == list(range(ALL))


@pytest.fixture
def bred(tmp_path: Path) -> Callable[..., Any]:
    def run(**changes: Any) -> Any:
        settings = {"n_trials": 14, "finalists": 14, "max_epochs": 1, "out": tmp_path / "run"}
        return toy_search(**{"space": SPACE, "constraints": "params<=3000", **settings, **changes})

    return run


def test_a_search_records_children_beside_its_candidates(
    bred: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breeding, "FOUNDERS", 4)
    monkeypatch.setattr(Chooser, "is_proven", lambda self, trained: False)
    result = bred()
    children = [trial for trial in result.study.trials if is_child(trial)]
    scored = [trial for trial in children if trial.user_attrs["outcome"] == "scored"]
    assert result.trials.complete == 14
    assert result.trials.children == len(scored) > 0
    assert {finalist.number for finalist in result.finalists} & {t.number for t in scored}
    assert all(finalist.cost.params <= 3000 for finalist in result.finalists)
    assert result.rungs[0].architectures == 14 + len(scored)
    table = (result.run / "trials.csv").read_text().splitlines()
    assert len(table) == 1 + result.trials.total

    again = bred()
    assert again.to_dict() == result.to_dict()
    assert len(again.study.trials) == len(result.study.trials)

    more = bred(n_trials=16)
    assert more.trials.complete == 16
