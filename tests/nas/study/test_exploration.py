from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from nas.errors import InfeasibleError, StudyError
from nas.evaluate.scorer import Failure
from nas.events import Advanced, Event, Leaders, Noted, ignore, stage
from nas.study.exploration import Exploration
from nas.study.goals.constraints import parse_constraints
from nas.study.goals.objectives import parse_objectives
from nas.study.record.storage import open_storage
from nas.study.record.study_record import StudyRecord, TrialCounts
from nas.study.record.trial_reading import is_scored
from nas.study.samplers.registry import SAMPLERS
from nas.study.search_config import SearchConfig
from tests.nas.study.study_toys import DIGITS, DeadEndSpace, ToySpace, toy_score, toy_space

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from nas.evaluate.scorer import Estimate
    from nas.graph.graph import Graph
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.space.trial import Trial

    Score = Callable[[Sequence[Candidate]], Iterable[Estimate | Failure]]


PATIENT = [pytest.param(name, marks=[pytest.mark.slow] * (name == "tpe")) for name in SAMPLERS]
"""All samplers, for tests with many draws."""


def make_record(objectives: Sequence[str] = ("score",), path: Path | None = None) -> StudyRecord:
    directions = [objective.direction for objective in parse_objectives(objectives)]
    study = optuna.create_study(
        storage=open_storage(path), directions=directions, study_name="s", load_if_exists=True
    )
    return StudyRecord(study)


def explore(
    record: StudyRecord,
    n_trials: int,
    *,
    space: SearchSpace | None = None,
    score: Score = toy_score,
    sampler: str = "random",
    objectives: Sequence[str] = ("score",),
    constraints: Sequence[str] = (),
    seed: int = 0,
    listen: Callable[[Event], None] = ignore,
    **settings: Any,
) -> str:
    config = SearchConfig(
        objectives=parse_objectives(objectives),
        constraints=parse_constraints(constraints),
        n_trials=n_trials,
        sampler=sampler,
        seed=seed,
        **{"generation": 8, **settings},
    )
    exploration = Exploration(space or toy_space(), score, record, config, listen)
    with stage(listen, "search", n_trials) as progress:
        return exploration.run(progress)


def interrupted_after(batches: int) -> Score:
    left = iter(range(batches))

    def score(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return toy_score(candidates)

    return score


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_exactly_n_distinct_candidates_are_scored(sampler: str) -> None:
    scored: list[str] = []

    def score(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        assert 0 < len(candidates) <= 8
        scored.extend(candidate.hash for candidate in candidates)
        return toy_score(candidates)

    record = make_record()
    space = toy_space(labels=("a", "b", "c"), widths=(2, 3, 4))
    assert explore(record, 75, sampler=sampler, score=score, space=space) == ""
    counts = record.counts()
    assert counts.complete == 75
    assert counts.duplicates > 0
    assert counts.total == counts.complete + counts.duplicates
    assert len(set(scored)) == len(scored) == 75
    complete = [t for t in record.trials() if t.state is TrialState.COMPLETE]
    assert [t.user_attrs["hash"] for t in complete] == [
        t.user_attrs["hash"] for t in record.trials() if is_scored(t)
    ]
    assert len(complete) == 75


def test_duplicates_are_counted_but_are_no_trials() -> None:
    record = make_record()
    explore(record, 60, space=toy_space(labels=("a", "b", "c"), widths=(2, 3)))
    assert len(record.trials()) == 60
    assert all(is_scored(trial) for trial in record.trials())
    assert record.counts() == StudyRecord(record.study).counts()
    assert record.counts().duplicates > 0


@pytest.mark.parametrize("kind", ["memory", "journal"])
def test_the_sampler_learns_from_duplicates_after_a_restart(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "s.journal" if kind == "journal" else None
    record = make_record(path=path)
    explore(record, 60, space=toy_space(labels=("a", "b", "c"), widths=(2, 3)))
    study = optuna.create_study(direction="maximize")
    again = record if path is None else make_record(path=path)
    again.restore(study)
    assert all(trial.state is TrialState.COMPLETE for trial in study.trials)
    recorded = iter(again.trials())
    notations = set()
    for trial in study.trials:
        number = trial.user_attrs.get("duplicate_of")
        if number is None:
            assert trial.params == next(recorded).params
        else:
            first = study.trials[number]
            assert first.values == trial.values
            assert "duplicate_of" not in first.user_attrs
            notations.add(trial.user_attrs["architecture"] == first.user_attrs["architecture"])
    assert next(recorded, None) is None
    assert len(study.trials) == record.counts().total
    assert notations == {True, False}


def test_a_study_of_an_earlier_version_goes_on_as_it_would_have(tmp_path: Path) -> None:
    space = toy_space(labels=("a", "b", "c"), widths=(2, 3))
    whole = make_record()
    explore(whole, 80, space=space, sampler="evolution")

    told = optuna.create_study(direction="maximize")
    begun = make_record()
    explore(begun, 64, space=space, sampler="evolution")
    begun.restore(told)
    backend = JournalFileBackend(str(tmp_path / "s.journal"))
    study = optuna.create_study(
        storage=JournalStorage(backend), study_name="s", direction="maximize"
    )
    for trial in told.trials:  # duplicates were trials, pruned ones, with all attributes
        first = trial.user_attrs.get("duplicate_of")
        if first is not None:
            trial.state = TrialState.PRUNED
            trial.user_attrs = {**told.trials[first].user_attrs, **trial.user_attrs}
        study.add_trial(trial)

    record = make_record(path=tmp_path / "s.journal")
    explore(record, 80, space=space, sampler="evolution")
    scored = [trial.params for trial in record.trials() if is_scored(trial)]
    assert scored == [trial.params for trial in whole.trials()]
    assert record.counts() == whole.counts()
    assert record.counts().duplicates > 0


def test_attributes_of_a_scored_trial() -> None:
    record = make_record()
    explore(record, 3)
    attributes = record.trials()[0].user_attrs
    assert {
        "hash",
        "architecture",
        "outcome",
        "score",
        "accuracy",
        "loss",
        "brier",
        "readout",
        "naswot",
        "params",
        "macs",
        "layers",
        "activation_bytes",
        "shortest_path",
        "mean_path",
    } == set(attributes)
    assert attributes["score"] == -attributes["loss"] == record.trials()[0].value


def test_small_space_is_exhausted_and_says_so() -> None:
    notes: list[Event] = []
    space = toy_space(widths=(2,), known_size=3 + 9 + 27)
    record = make_record()
    reason = explore(record, 1000, space=space, listen=notes.append)
    assert reason == "the space is exhausted: it holds 39 architectures"
    assert TrialCounts.of(record.trials()).complete == 39
    assert [n.text for n in notes if isinstance(n, Noted)] == [
        "Stopped at 39 of 1000 candidates: the space is exhausted: it holds 39 architectures."
    ]


@pytest.mark.parametrize("sampler", PATIENT)
def test_exhaustion_is_noticed_without_a_known_size(sampler: str) -> None:
    record = make_record()
    space = toy_space(widths=(2,), labels=("a", "b"))
    reason = explore(record, 1000, space=space, sampler=sampler)
    assert reason == "nothing new was found beside 39 known architectures"
    total = len(record.trials())
    assert explore(record, 1000, space=space, sampler=sampler) == reason
    assert len(record.trials()) == total, "a repeated command need not find out again"


def test_constraints_are_violations_and_never_scored() -> None:
    def score(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        from nas.analysis.cost import cost

        assert all(cost(candidate.graph).params <= 300 for candidate in candidates)
        return toy_score(candidates)

    record = make_record()
    explore(record, 30, score=score, constraints=("params<=300", "layers>=2"))
    counts = TrialCounts.of(record.trials())
    assert counts.complete == 30
    assert counts.infeasible > 0
    for trial in record.trials():
        assert trial.constraints["params<=300"] == pytest.approx(
            trial.user_attrs["params"] / 300 - 1
        )
        feasible = all(amount <= 0 for amount in trial.constraints.values())
        assert (trial.user_attrs["outcome"] == "scored") == feasible
        assert feasible or trial.value == -math.inf
    assert record.study.best_trial.user_attrs["params"] <= 300


def test_equal_hashes_have_equal_figures_and_one_outcome() -> None:
    record = make_record()
    space = DeadEndSpace(task=DIGITS, widths=(2, 3))
    explore(record, 30, space=space, constraints=("params<=200",))
    told: dict[str, set[tuple[object, ...]]] = {}
    for trial in record.trials():
        known = trial.user_attrs
        figures = [known[name] for name in ("outcome", "params", "macs", "activation_bytes")]
        told.setdefault(known["hash"], set()).add(tuple(figures))
        graph = space.graph(trial.params)
        dead = [spec for name, spec in graph.parameters().items() if name.startswith("spare")]
        total = sum(math.prod(spec.shape) for spec in graph.parameters().values())
        assert known["params"] == total - sum(math.prod(spec.shape) for spec in dead)
    assert all(len(figures) == 1 for figures in told.values())
    assert {outcome for ((outcome, *_),) in told.values()} == {"scored", "infeasible"}


@pytest.mark.parametrize("sampler", PATIENT)
@pytest.mark.parametrize("objectives", [("score",), ("score", "params:min")], ids=len)
def test_samplers_learn_to_be_feasible(sampler: str, objectives: tuple[str, ...]) -> None:
    record = make_record(objectives)
    explore(record, 60, sampler=sampler, objectives=objectives, constraints=("params<=150",))
    assert TrialCounts.of(record.trials()).complete == 60
    assert all(t.user_attrs["params"] <= 150 for t in record.study.best_trials)


def test_nothing_feasible_names_constraint_and_nearest() -> None:
    record = make_record()
    with pytest.raises(InfeasibleError, match=r"params<=10 in \d+ tries.*had params=") as caught:
        explore(record, 10, constraints=("params<=10", "layers>=1"), generation=4)
    smallest = min(trial.user_attrs["params"] for trial in record.trials())
    assert f"had params={smallest:,}" in str(caught.value)
    assert caught.value.exit_code == 3
    tries = len(record.trials())
    with pytest.raises(InfeasibleError):
        explore(record, 10, constraints=("params<=10", "layers>=1"), generation=4)
    assert len(record.trials()) == tries


def test_failures_are_counted_beside_and_not_repeated() -> None:
    def score(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        return [
            Failure("its output is not finite") if candidate.params["depth"] == 1 else estimate
            for candidate, estimate in zip(candidates, toy_score(candidates), strict=True)
        ]

    record = make_record()
    explore(record, 40, score=score, space=toy_space(widths=(2, 3, 4, 5, 6, 7), broken=(2,)))
    counts = TrialCounts.of(record.trials())
    assert counts.complete == 40
    assert counts.failed > 0
    reasons = {t.user_attrs["reason"] for t in record.trials() if "reason" in t.user_attrs}
    assert reasons == {"RuntimeError: width 2 does not work", "its output is not finite"}
    failed = [t for t in record.trials() if t.state is TrialState.FAIL]
    assert len(failed) == counts.failed
    identities = [t.user_attrs.get("hash", t.user_attrs["architecture"]) for t in failed]
    assert len(set(identities)) == len(identities)


def test_too_many_failures_stop_the_run() -> None:
    space = toy_space(broken=(2, 3, 4))
    record = make_record()
    reason = explore(record, 500, space=space)
    assert "candidates failed" in reason
    with pytest.raises(StudyError, match=r"width . does not work"):
        explore(make_record(), 500, space=toy_space(broken=(2, 3, 4, 5)))


def test_several_objectives() -> None:
    objectives = ("accuracy:max", "params:min")
    record = make_record(objectives)
    explore(record, 80, objectives=objectives, sampler="nsga2")
    front = record.study.best_trials
    assert len(front) > 2
    for trial in front:
        assert trial.values == [trial.user_attrs["accuracy"], trial.user_attrs["params"]]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_more_trials_continue_with_other_draws(sampler: str, tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    explore(make_record(path=path), 20, sampler=sampler)
    first = [trial.params for trial in make_record(path=path).trials()]
    explore(make_record(path=path), 50, sampler=sampler)
    trials = make_record(path=path).trials()
    assert [trial.params for trial in trials[: len(first)]] == first
    assert TrialCounts.of(trials).complete == 50
    again = [trial.params for trial in trials[len(first) : 2 * len(first)]]
    assert again != first


@pytest.mark.parametrize("sampler", PATIENT)
def test_an_interrupted_search_draws_the_same_candidates(sampler: str, tmp_path: Path) -> None:
    space = toy_space(labels=("a", "b"), widths=(2, 3, 4))
    objectives = ("score", "params:min")

    def search(path: Path, score: Score = toy_score) -> list[tuple[Any, ...]]:
        record = make_record(objectives, path)
        explore(
            record,
            90,
            space=space,
            score=score,
            sampler=sampler,
            objectives=objectives,
            constraints=("params<=400",),
        )
        return [(t.number, t.params, t.values, t.state, t.user_attrs) for t in record.trials()]

    whole = search(tmp_path / "whole.journal")
    assert {t[4]["outcome"] for t in whole} == {"scored", "infeasible"}
    for batches in (1, 4, 1, 2):
        with pytest.raises(KeyboardInterrupt):
            search(tmp_path / "cut.journal", interrupted_after(batches))
    assert search(tmp_path / "cut.journal") == whole


def test_random_strangers_are_the_same_after_an_interruption(tmp_path: Path) -> None:
    def search(path: Path, score: Score = toy_score) -> list[str]:
        record = make_record(path=path)
        explore(record, 39, space=space, score=score, sampler="evolution", generation=2)
        return [trial.user_attrs["architecture"] for trial in record.trials()]

    space = toy_space(widths=(2,))
    whole = search(tmp_path / "whole.journal")
    for _ in range(17):
        with pytest.raises(KeyboardInterrupt):
            search(tmp_path / "cut.journal", interrupted_after(1))
    assert search(tmp_path / "cut.journal") == whole


def test_trials_asked_of_the_study_beside_the_search_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    explore(make_record(path=path), 20)
    study = make_record(path=path).study
    study.ask()
    study.enqueue_trial({"depth": 1})
    study.add_trial(optuna.trial.create_trial(value=0.5))
    record = make_record(path=path)
    explore(record, 40, sampler="evolution")
    assert TrialCounts.of(record.trials()).complete == 40
    assert len(record.study.trials) == len(record.trials()) + 3


def test_two_searches_cannot_mix_their_trials_in_one_study(tmp_path: Path) -> None:
    def other_search(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        explore(make_record(path=tmp_path / "s.journal"), 16, generation=16, seed=1)
        return toy_score(candidates)

    record = make_record(path=tmp_path / "s.journal")
    with pytest.raises(StudyError, match="another process is using it"):
        explore(record, 24, score=other_search)
    assert TrialCounts.of(record.trials()).complete == 16


def test_a_crash_in_scoring_loses_no_finished_generation(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    with pytest.raises(KeyboardInterrupt):
        explore(make_record(path=path), 80, score=interrupted_after(3))
    assert TrialCounts.of(make_record(path=path).trials()).complete == 24
    explore(make_record(path=path), 80)
    trials = make_record(path=path).trials()
    assert TrialCounts.of(trials).complete == 80
    hashes = [trial.user_attrs["hash"] for trial in trials if is_scored(trial)]
    assert len(set(hashes)) == 80


def test_timeout_ends_after_a_generation_and_is_not_lasting() -> None:
    def slow(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        time.sleep(0.05)
        return toy_score(candidates)

    record = make_record()
    assert "is over" in explore(record, 50, score=slow, timeout=0.01)
    assert TrialCounts.of(record.trials()).complete == 8
    assert explore(record, 50) == ""
    assert TrialCounts.of(record.trials()).complete == 50


def test_progress_and_leaders() -> None:
    events: list[Event] = []
    record = make_record()
    explore(record, 30, listen=events.append)
    leaders = [event for event in events if isinstance(event, Leaders)]
    assert len(leaders) == 4
    best = max(trial.value or 0 for trial in record.trials())
    assert leaders[-1].rows[0]["score"] == best
    assert [row["rank"] for row in leaders[-1].rows] == [1, 2, 3, 4, 5]
    advanced = [event for event in events if isinstance(event, Advanced)]
    assert [event.done for event in advanced] == [8, 16, 24, 30]
    assert advanced[-1].metrics["best_score"] == best
    assert advanced[-1].metrics["per_second"] > 0


@pytest.mark.parametrize("sampler", PATIENT)
def test_same_seed_same_search(sampler: str) -> None:
    def architectures(seed: int) -> list[str]:
        record = make_record()
        explore(record, 70, sampler=sampler, seed=seed)
        return [trial.user_attrs["architecture"] for trial in record.trials()]

    assert architectures(1) == architectures(1)
    assert architectures(1) != architectures(2)


def announced(events: Sequence[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Noted) and "failed" in event.text]


def test_failures_are_announced_while_a_generation_is_under_way() -> None:
    order: list[str] = []

    def score(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        order.append("scored")
        return toy_score(candidates)

    def listen(event: Event) -> None:
        order.extend(announced([event]))

    widths = tuple(range(2, 30))
    space = toy_space(widths=widths, broken=widths[::3])
    explore(make_record(), 30, space=space, score=score, listen=listen, generation=30)
    assert order[0].startswith("5 of ")
    assert "for this reason: RuntimeError: width" in order[0]
    assert "scored" in order


def test_a_generation_of_failures_ends_when_they_are_too_many() -> None:
    record = make_record()
    widths = tuple(range(2, 200))
    with pytest.raises(StudyError, match=r"20 of 20 candidates failed.*20 of 20 for this reason"):
        explore(record, 500, space=toy_space(widths=widths, broken=widths), generation=100)
    assert len(record.trials()) == 20


@dataclass(frozen=True, kw_only=True)
class Hanging(ToySpace):
    """Some widths take as many seconds as is said, perhaps for ever."""

    name: ClassVar[str] = "hanging"
    build_seconds: ClassVar[float] = 0.25
    seconds: float = 60.0
    slow: tuple[int, ...] = (2,)

    def build(self, trial: Trial) -> Graph:
        graph = super().build(trial)
        if graph.parameters()["conv2d.weight"].shape[0] in self.slow:
            time.sleep(self.seconds)
        return graph


def test_a_build_that_does_not_end_is_a_failed_candidate() -> None:
    record = make_record()
    space = Hanging(task=DIGITS, widths=tuple(range(2, 30)))
    assert explore(record, 30, space=space) == ""
    failed = [t for t in record.trials() if t.user_attrs["outcome"] == "failed"]
    assert failed
    for trial in failed:
        assert "took longer than 0.25 s" in trial.user_attrs["reason"]
        assert trial.params["width0"] == 2
    assert record.seconds()["search"] >= 0.2 * len(failed)


def test_an_exit_in_a_build_is_a_failed_candidate() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Exiting(ToySpace):
        name: ClassVar[str] = "exiting"

        def build(self, trial: Trial) -> Graph:
            graph = super().build(trial)
            return sys.exit(0) if trial.suggest_int("exit", 0, 3) == 3 else graph

    record = make_record()
    assert explore(record, 20, space=Exiting(task=DIGITS)) == ""
    failed = [t for t in record.trials() if t.user_attrs["outcome"] == "failed"]
    assert failed
    assert {t.params["exit"] for t in failed} == {3}
    assert "raised SystemExit: 0" in failed[0].user_attrs["reason"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.study.exploration._GRACE", 0.3)


@pytest.mark.usefixtures("impatient")
def test_the_end_of_the_time_ends_a_generation_whose_builds_are_slow() -> None:
    class Slow(Hanging):
        build_seconds: ClassVar[float] = 60.0

    space = Slow(task=DIGITS, seconds=0.03, slow=tuple(range(2, 6)))
    record = make_record()
    began = time.monotonic()
    reason = explore(record, 500, space=space, generation=200, timeout=0.5)
    assert reason == "the time of 0.5 s is over"
    assert time.monotonic() - began < 20
    assert 0 < TrialCounts.of(record.trials()).complete < 50
    assert explore(record, 60, space=toy_space()) == "", "what is on record is sound"


@pytest.mark.usefixtures("impatient")
def test_the_time_limit_keeps_scored_candidates() -> None:
    def score(candidates: Sequence[Candidate]) -> Iterator[Estimate | Failure]:
        for number, estimate in enumerate(toy_score(candidates)):
            time.sleep(60 if number == 5 else 0)
            yield estimate

    record = make_record()
    space = toy_space(labels=("a", "b"), widths=(2, 3), broken=(3,))
    whole = make_record()
    explore(whole, 30, space=space, generation=30)
    reason = explore(record, 30, space=space, score=score, generation=30, timeout=0.25)
    assert "is over" in reason
    trials = record.trials()
    assert TrialCounts.of(trials).complete == 5
    assert [t.number for t in trials] == list(range(len(trials)))
    assert [t.params for t in trials] == [t.params for t in whole.trials()[: len(trials)]]
    for trial in trials:
        assert trial.user_attrs.get("duplicate_of", 0) <= trial.number
    explore(record, 30, space=space)
    assert TrialCounts.of(record.trials()).complete >= 5


@pytest.mark.usefixtures("impatient")
def test_a_time_limit_before_the_first_score_is_named() -> None:
    class Endless(Hanging):
        build_seconds: ClassVar[float] = 60.0

    with pytest.raises(StudyError, match=r"the time of 0.25 s is over.*check that build\(\)"):
        explore(make_record(), 9, space=Endless(task=DIGITS, widths=(2,)), timeout=0.25)
