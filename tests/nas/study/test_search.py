"""Whole searches on digits, with weights from a toy predictor."""

from __future__ import annotations

import csv
import json
import runpy
import shutil
from typing import TYPE_CHECKING, Any

import optuna
import pytest
import torch
from optuna.trial import TrialState
from scipy.stats import kendalltau

from nas.data.digits import load
from nas.errors import ConfigError, InfeasibleError, StudyError, TrainingError
from nas.events import Advanced, Event, Noted, StageStarted
from nas.exporting.save import load_module
from nas.graph.graph import Graph
from nas.study.finalists.trainer import Trainer
from nas.study.record.trial_reading import is_scored
from nas.study.verdict import verdict
from nas.testing.dataset import images_of
from nas.training.evaluate import evaluate
from tests.nas.study.study_toys import (
    DIGITS,
    DeadEndSpace,
    ToyPredictor,
    found,
    record,
    toy_search,
    toy_space,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from nas.space.candidate import Candidate
    from nas.study.result import SearchResult
    from nas.training.train import Trained

DATA = load()
SPACE = toy_space()


class CountingPredictor(ToyPredictor):
    """Counts the networks it predicts weights for."""

    networks = 0

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        self.networks += len(graphs)
        return super().predict(graphs)


def table(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text().splitlines()))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    return toy_search(tmp_path_factory.mktemp("search") / "run")


@pytest.fixture
def folder(original: SearchResult, tmp_path: Path) -> Path:
    """A copy of the original run, for what changes it."""
    assert original.run is not None
    shutil.copytree(original.run, tmp_path / "run")
    return tmp_path / "run"


def test_what_is_found(original: SearchResult) -> None:
    assert original.trials.complete == 12
    assert original.stopped == ""
    assert set(original.seconds) == {"search", "rung 1", "train"}
    scored = sorted(filter(is_scored, original.study.trials), key=lambda t: -t.values[0])
    (largest,) = (rival.found.number for rival in original.rivals)
    chosen = [t.number for t in scored if t.number != largest]
    assert {f.number for f in original.finalists} == {largest, *chosen[:2]}
    order = [(f.epochs or 0, f.val_accuracy or 0) for f in original.finalists[1:]]
    assert order == sorted(order, reverse=True)
    best = original.best
    assert best.estimate is not None
    assert best.number is not None
    assert best.architecture == original.finalists[0].architecture
    assert best.values == (best.score,) == (-best.estimate.loss,)
    assert best.candidate.graph == SPACE.graph(original.study.trials[best.number].params)
    assert [f.number for f in original.pareto] == [scored[0].number]


def test_the_study_is_an_ordinary_optuna_study(original: SearchResult) -> None:
    study = original.study
    complete = study.get_trials(states=(TrialState.COMPLETE,))
    assert len(complete) == 12
    assert study.best_trial.number == original.pareto[0].number
    assert study.study_name == "toy-digits"


def test_what_is_written(original: SearchResult) -> None:
    assert original.run is not None
    assert all(path.exists() for path in original.files.values())
    inside = {p.relative_to(original.run) for p in original.run.rglob("*") if p.is_file()}
    shown = {str(p) for p in inside if not p.name.endswith(".lock") and p.parts[0] != "artifacts"}
    assert shown == {
        "run.json",
        "result.json",
        "trials.csv",
        "study.journal",
        "best/model.py",
        "best/model.safetensors",
        "best/architecture.json",
        "best/card.md",
    }
    written = json.loads(original.files["result"].read_text())
    said = {"verdict": list(verdict(original))}
    assert written == json.loads(json.dumps({**original.to_dict(), **said}))
    document = json.loads(original.files["run"].read_text())
    assert document["configuration"]["n_trials"] == 12
    assert document["configuration"]["objectives"] == ["score:max"]
    assert document["identity"]["dataset"]["fingerprint"] == DATA.fingerprint
    assert "torch" in document["versions"]


def test_the_table_agrees_with_the_study(original: SearchResult) -> None:
    rows = table(original.files["trials"])
    assert len(rows) == len(original.study.trials)
    for row, trial in zip(rows, original.study.trials, strict=True):
        assert int(row["number"]) == trial.number
        assert float(row["score"]) == trial.values[0]
        for name in ("outcome", "architecture", "hash"):
            assert row[name] == trial.user_attrs[name]
        for name in ("params", "macs", "layers", "activation_bytes"):
            assert int(row[name]) == trial.user_attrs[name]


def test_the_best_model_is_as_good_as_recorded(original: SearchResult) -> None:
    best = original.files["best"]
    graph = Graph.from_json((best / "architecture.json").read_text())
    written = runpy.run_path(str(original.files["model"]))["load"](original.files["weights"])
    assert original.best_model is not None
    for network in (original.best_model, load_module(graph, best), written):
        assert evaluate(network, DATA.test).accuracy == original.best.test_accuracy
        assert evaluate(network, DATA.val).accuracy == original.best.val_accuracy
    assert graph.hash() == original.best.candidate.hash
    assert original.best.test_accuracy is not None
    assert f"test accuracy: {original.best.test_accuracy:.2%}" in (best / "card.md").read_text()


def test_the_exported_model_is_the_counted_one(tmp_path: Path) -> None:
    space = DeadEndSpace(task=DIGITS, spares=(4, 9))
    result = toy_search(tmp_path, space=space, n_trials=4, max_epochs=1)
    assert result.best_model is not None
    sizes = [parameter.numel() for parameter in result.best_model.parameters()]
    assert result.best.cost.params == sum(sizes)
    assert not any("spare" in name for name in result.best_model.state_dict())
    written = Graph.from_json((result.files["best"] / "architecture.json").read_text())
    assert written == result.best.candidate.network
    assert result.best.candidate.hash == written.hash()
    assert str(result.best.cost.params) in {row["params"] for row in table(result.files["trials"])}


def test_trust_compares_briefly_trained_finalists_with_their_scores() -> None:
    result = toy_search(finalists=4, max_epochs=1, init="default")
    assert result.trust.probes == 5, "the largest network besides"
    trained = [f.val_accuracy for f in result.finalists]
    estimates = [f.estimate for f in result.finalists if f.estimate is not None]
    expected = kendalltau([f.cost.params for f in result.finalists], trained).statistic
    assert result.trust.kendall_tau["params"] == pytest.approx(expected)
    expected = kendalltau([estimate.loss for estimate in estimates], trained).statistic
    assert result.trust.kendall_tau["loss"] == pytest.approx(-expected)


def test_a_winner_that_diverges_leaves_its_place_to_the_next(
    original: SearchResult, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = original.finalists[0]
    whole = Trainer.train

    def train(self: Trainer, one: Candidate, *args: Any, **settings: Any) -> Trained:
        if one.hash == first.candidate.hash:
            raise TrainingError("the loss is nan in epoch 3")
        return whole(self, one, *args, **settings)

    monkeypatch.setattr(Trainer, "train", train)
    heard: list[Event] = []
    result = toy_search(folder, max_epochs=3, listen=heard.append)
    assert result.best.number != first.number or result.best.epochs == 2
    assert [f.number for f in result.finalists if f.epochs == 3] != []
    assert any(isinstance(e, Noted) and f"{first.name} was given up" in e.text for e in heard)


def test_the_same_call_again_changes_nothing_and_trains_nothing(
    original: SearchResult, folder: Path
) -> None:
    predictor = CountingPredictor(SPACE)
    again = toy_search(folder, predictor=predictor)
    assert predictor.networks == 0
    assert found(again) == found(original)
    assert again.seconds == original.seconds
    assert record(again) == record(original)
    assert again.best_model is not None
    assert original.best_model is not None
    images = images_of(DATA.test).normalised(torch.arange(8))
    with torch.no_grad():
        torch.testing.assert_close(again.best_model(images), original.best_model(images))


def test_the_same_search_elsewhere_finds_the_same(original: SearchResult, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    other = toy_search(storage=url)
    assert other.run is None
    assert found(other) == found(original)
    assert record(other) == record(original)


def test_more_trials_continue(original: SearchResult, folder: Path) -> None:
    predictor = CountingPredictor(SPACE)
    more = toy_search(folder, n_trials=20, max_epochs=0, finalists=0, predictor=predictor)
    assert more.trials.complete == 20
    assert predictor.networks == 8
    assert record(more)[: len(record(original))] == record(original)


def test_more_epochs_train_the_final_model_anew(folder: Path) -> None:
    more = toy_search(folder, max_epochs=3)
    assert more.best_model is not None
    graph = more.best.candidate.graph
    assert evaluate(load_module(graph, folder / "best"), DATA.test).accuracy == (
        more.best.test_accuracy
    )
    assert more.trials.complete == 12


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("seed", {"seed": 1}),
        ("sampler", {"sampler": "tpe"}),
        ("objectives", {"objectives": "accuracy"}),
        ("constraints", {"constraints": "params<=1M"}),
        ("dataset", {"data": load(seed=1)}),
        ("space", {"space": toy_space(widths=(2, 3))}),
    ],
)
def test_another_search_in_the_same_folder_is_refused(
    key: str, changes: dict[str, Any], folder: Path
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(StudyError, match=f"was made with (an)?other {key}"):
        toy_search(folder, **changes)
    assert {path: path.read_bytes() for path in before} == before


def test_another_search_in_the_same_study_is_refused(tmp_path: Path) -> None:
    journal = tmp_path / "s.journal"
    stages: dict[str, Any] = {"finalists": 0, "max_epochs": 0, "storage": journal}
    toy_search(**stages)
    with pytest.raises(StudyError, match="was made with another seed"):
        toy_search(**stages, seed=1)
    other = toy_search(**stages, seed=1, study_name="other")
    assert other.trials.complete == 12


def test_a_study_of_another_program_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    theirs = optuna.create_study(storage=url, study_name="theirs", direction="maximize")
    theirs.add_trial(optuna.trial.create_trial(value=1.0))
    with pytest.raises(StudyError, match=r"study 'theirs' in sqlite.* by another program"):
        toy_search(storage=url, study_name="theirs")


def test_a_study_with_other_directions_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    optuna.create_study(storage=url, study_name="theirs", direction="minimize")
    with pytest.raises(StudyError, match="by another program"):
        toy_search(storage=url, study_name="theirs")


def test_without_training_the_score_decides() -> None:
    result = toy_search(finalists=0, max_epochs=0)
    assert result.finalists == ()
    assert result.best_model is None
    assert result.best.number == result.study.best_trial.number
    assert (result.best.val_accuracy, result.best.test_accuracy) == (None, None)
    assert result.files == {}
    assert result.to_dict()["best"]["trained"] is None


def test_several_objectives_leave_a_front() -> None:
    result = toy_search(
        n_trials=30, finalists=0, max_epochs=0, objectives=("accuracy", "params"), sampler="nsga2"
    )
    assert {f.number for f in result.pareto} == {t.number for t in result.study.best_trials}
    estimates = [f.estimate for f in result.pareto if f.estimate is not None]
    scores = [estimate.score for estimate in estimates]
    assert scores == sorted(scores, reverse=True)
    assert result.best.number == result.pareto[0].number
    for point, estimate in zip(result.pareto, estimates, strict=True):
        assert point.values == (estimate.accuracy, point.cost.params)


def test_what_violates_a_constraint_is_never_scored_nor_best() -> None:
    predictor = CountingPredictor(SPACE)
    result = toy_search(
        finalists=0, max_epochs=0, constraints=("params<=400",), predictor=predictor, n_trials=20
    )
    assert predictor.networks == result.trials.complete == 20
    assert result.trials.infeasible > 0
    assert result.best.cost.params <= 400


def test_nothing_feasible_is_an_error_and_leaves_a_table(tmp_path: Path) -> None:
    with pytest.raises(InfeasibleError, match="params<=5 in"):
        toy_search(tmp_path / "run", constraints=("params<=5",))
    rows = table(tmp_path / "run" / "trials.csv")
    assert rows
    assert all(row["outcome"] == "infeasible" and not row["score"] for row in rows)
    document = json.loads((tmp_path / "run" / "result.json").read_text())
    assert document["best"] is None
    assert document["stopped"].startswith("nothing in space 'toy' satisfied params<=5")
    assert document["trials"]["infeasible"] == len(rows)


def test_a_failure_does_not_replace_an_earlier_result(
    original: SearchResult, folder: Path
) -> None:
    def fail(event: Event) -> None:
        if isinstance(event, Advanced):
            raise StudyError("the disk is full")

    with pytest.raises(StudyError, match="the disk is full"):
        toy_search(folder, n_trials=20, listen=fail)
    assert json.loads((folder / "result.json").read_text())["best"] == original.best.to_dict()


def test_an_exhausted_space_stops_early_and_says_so(tmp_path: Path) -> None:
    space = toy_space(widths=(2,), known_size=39)
    heard: list[Event] = []
    result = toy_search(
        tmp_path, space=space, n_trials=99, finalists=0, max_epochs=0, listen=heard.append
    )
    assert result.stopped == "the space is exhausted: it holds 39 architectures"
    assert result.trials.complete == 39
    assert any(isinstance(event, Noted) and "39 of 99" in event.text for event in heard)


def test_timeout_stops_the_search_but_not_the_training(tmp_path: Path) -> None:
    result = toy_search(tmp_path, timeout=1e-6)
    assert result.stopped == "the time of 1e-06 s is over"
    assert result.trials.complete == 4
    assert result.best.test_accuracy is not None
    assert toy_search(tmp_path).trials.complete == 12


def test_failures_end_the_search(tmp_path: Path) -> None:
    widths = tuple(range(2, 40))
    with pytest.raises(
        StudyError, match=r"(\d+) of \1 candidates failed.*width \d+ does not work"
    ):
        toy_search(tmp_path, space=toy_space(widths=widths, broken=widths), n_trials=500)


def test_stages_in_order(tmp_path: Path) -> None:
    heard: list[Event] = []
    toy_search(tmp_path, listen=heard.append)
    stages = [event.stage for event in heard if isinstance(event, StageStarted)]
    finals = stages.count("train")
    assert stages == ["search", "rung 1", *finals * ["train"]]
    done = [event.done for event in heard if isinstance(event, Advanced) if event.stage == "train"]
    assert done == finals * [1, 2]


@pytest.mark.parametrize(
    ("stage", "done", "left"), [("search", 8, 12), ("rung 1", 1, 2), ("train", 1, 0)]
)
def test_an_interrupted_search_ends_as_if_it_had_not_been(
    stage: str, done: int, left: int, original: SearchResult, tmp_path: Path
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Advanced) and (event.stage, event.done) == (stage, done):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        toy_search(tmp_path, listen=interrupt)
    again = toy_search(tmp_path)
    assert found(again) == found(original)
    assert record(again) == record(original)
    assert again.files.keys() == original.files.keys()


RUNGS: dict[str, Any] = {"finalists": 4, "reduction": 2, "max_epochs": 4}
"""Four and the largest for one epoch, two for two; the best for four, and perhaps its rival."""


@pytest.fixture(scope="module")
def climbed() -> SearchResult:
    return toy_search(**RUNGS, objectives=("score", "params"))


def test_finalists_are_trained_longer_rung_by_rung(climbed: SearchResult) -> None:
    epochs = [f.epochs for f in climbed.finalists]
    assert len(epochs) == 5
    assert epochs[0] == 4
    assert sum(1 for length in epochs if length and length >= 2) in (2, 3)
    assert climbed.finalists[0].to_dict() == climbed.best.to_dict()
    assert [f.test_accuracy is not None for f in climbed.finalists] == [e == 4 for e in epochs]
    lengths = {f.number: f.epochs for f in climbed.finalists}
    assert {f.number: f.epochs for f in climbed.pareto if f.epochs} == {
        number: epochs
        for number, epochs in lengths.items()
        if number in {f.number for f in climbed.pareto}
    }
    assert climbed.trust.probes == 5


def test_the_front_is_that_of_the_objectives_before_training(climbed: SearchResult) -> None:
    assert {f.number for f in climbed.pareto} == {t.number for t in climbed.study.best_trials}


def _scored_macs(result: SearchResult) -> float:
    """Of all candidates that reached a score."""
    scored = [trial for trial in result.study.trials if trial.state is TrialState.COMPLETE]
    return float(sum(trial.user_attrs["macs"] for trial in scored))


def test_the_rungs_are_reported_with_their_cost(climbed: SearchResult) -> None:
    """The toy predictor scores at full size: 12 candidates on 32 + 64 images, forward only."""
    scoring, first, second, last = climbed.rungs
    assert scoring.name == "predicted weights"
    assert (scoring.architectures, scoring.epochs) == (12, 0)
    macs = {f.number: f.cost.macs for f in climbed.finalists}
    mean = sum(macs.values()) / 5
    expected = _scored_macs(climbed) * (32 + 64) / (3 * len(DATA.train) * mean)
    assert scoring.equivalent_epochs == pytest.approx(expected)
    assert (first.name, first.architectures, first.epochs) == ("rung 1", 5, 1)
    assert first.equivalent_epochs == pytest.approx(5)
    assert (second.name, second.architectures, second.epochs) == ("rung 2", 2, 2)
    finals = [f.cost.macs for f in climbed.finalists if f.epochs == 4]
    assert (last.name, last.architectures, last.epochs) == ("rung 3", len(finals), 4)
    assert last.equivalent_epochs == pytest.approx(4 * sum(finals) / mean)


def test_without_finalists_the_final_training_is_the_unit_of_cost() -> None:
    result = toy_search(finalists=0, max_epochs=2)
    scoring, training = result.rungs
    mean = _scored_macs(result) / 12
    expected = 12 * (32 + 64) * mean / (3 * len(DATA.train) * result.best.cost.macs)
    assert scoring.equivalent_epochs == pytest.approx(expected)
    assert (training.name, training.equivalent_epochs) == ("rung 1", 2)
    (alone,) = toy_search(finalists=0, max_epochs=0).rungs
    assert alone.architectures == 12


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Hash and length of all trainings that came to their end."""
    done: list[tuple[str, int]] = []
    whole = Trainer.train

    def train(self: Trainer, one: Candidate, epochs: int, *args: Any, **settings: Any) -> Trained:
        trained = whole(self, one, epochs, *args, **settings)
        done.append((one.hash, epochs))
        return trained

    monkeypatch.setattr(Trainer, "train", train)
    return done


@pytest.mark.parametrize(
    ("stage", "done"), [("rung 1", 4), ("rung 2", 1), ("rung 2", 2), ("train", 2)]
)
def test_a_halving_that_is_interrupted_trains_nothing_twice(
    stage: str,
    done: int,
    climbed: SearchResult,
    trainings: list[tuple[str, int]],
    tmp_path: Path,
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Advanced) and (event.stage, event.done) == (stage, done):
            raise KeyboardInterrupt

    settings = {**RUNGS, "objectives": ("score", "params"), "out": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        toy_search(**settings, listen=interrupt)
    assert found(toy_search(**settings)) == found(climbed)
    finals = climbed.rungs[-1].architectures
    assert sorted(epochs for _, epochs in trainings) == [1, 1, 1, 1, 1, 2, 2, *finals * [4]]
    assert len(set(trainings)) == len(trainings)


def test_further_rungs_reuse_the_lower_ones(
    trainings: list[tuple[str, int]], tmp_path: Path
) -> None:
    toy_search(tmp_path, **RUNGS)
    before = list(trainings)
    higher = toy_search(tmp_path, **{**RUNGS, "finalists": 5, "max_epochs": 8})
    rungs = [(e.architectures, e.epochs) for e in higher.rungs[1:]]
    assert rungs[:-1] == [(6, 1), (3, 2), (2, 4)]
    assert rungs[-1] in ((1, 8), (2, 8))
    added = trainings[len(before) :]
    assert not set(before) & set(added)
    assert [epochs for _, epochs in added].count(1) == 1


def test_a_budget_chooses_the_finalists(tmp_path: Path) -> None:
    """Four finalists take 4 + 2 * 2 + 4 epochs, and their rivals 2 at most."""
    asked = {**RUNGS, "finalists": None}
    result = toy_search(tmp_path, **asked, budget=14.5)
    assert [(e.architectures, e.epochs) for e in result.rungs[1:]] == [(5, 1), (2, 2), (1, 4)]
    stages, notes = told(tmp_path, **RUNGS)
    assert (stages, len(notes)) == ([], 1), "the same rungs are the same search"
    assert [e.architectures for e in toy_search(tmp_path, **asked, budget=4).rungs] == [12, 1]


def test_a_folder_is_used_by_one_search_at_a_time(tmp_path: Path) -> None:
    def second(event: Event) -> None:
        if isinstance(event, StageStarted):
            toy_search(tmp_path)

    with pytest.raises(StudyError, match="in use by another process"):
        toy_search(tmp_path, listen=second)


def test_data_of_another_task_is_refused() -> None:
    with pytest.raises(ConfigError, match="classes = 7, but data set 'digits' has 10"):
        toy_search(space=toy_space(task=DATA.task.__class__(classes=7, channels=1, resolution=8)))


def test_a_predictor_of_another_space_is_refused() -> None:
    predictor = ToyPredictor(SPACE)
    predictor.card = predictor.card.__class__(**{**vars(predictor.card), "space": "darts"})
    with pytest.raises(ConfigError, match="trained in space 'darts', not in 'toy'"):
        toy_search(predictor=predictor)


def told(folder: Path, **changes: Any) -> tuple[list[str], list[str]]:
    """Stages and notes of a search."""
    heard: list[Event] = []
    toy_search(folder, listen=heard.append, **changes)
    stages = [event.stage for event in heard if isinstance(event, StageStarted)]
    return stages, [event.text for event in heard if isinstance(event, Noted)]


@pytest.mark.parametrize(("n_trials", "more"), [(12, ""), (5, ", more than the 5 asked for")])
def test_a_finished_search_says_so_and_shows_no_stages(
    folder: Path, n_trials: int, more: str
) -> None:
    stages, notes = told(folder, n_trials=n_trials)
    assert stages == []
    assert notes == [
        f"already finished with 12 trials{more}; this is its result "
        "(choose another --out for a new search)"
    ]


def test_a_search_with_more_epochs_or_without_its_model_is_not_finished(folder: Path) -> None:
    assert "train" in told(folder, max_epochs=3)[0]
    shutil.rmtree(folder / "best")
    stages, notes = told(folder, max_epochs=3)
    assert "train" in stages
    assert "search" not in stages
    assert not any("already finished" in note for note in notes)


def test_an_infeasible_search_gives_no_share() -> None:
    with pytest.raises(InfeasibleError, match=r"the nearest had params=\d+\.") as caught:
        toy_search(constraints=("params<=5",))
    assert "%" not in caught.value.message


@pytest.mark.parametrize("stage", ["search", "rung 1", "train"])
@pytest.mark.parametrize("again", [False, True])
def test_a_run_folder_that_is_deleted_meanwhile_is_noticed(
    tmp_path: Path, stage: str, again: bool
) -> None:
    """Nothing is left that the next command refuses, be it deleted or made anew by somebody."""
    out = tmp_path / "run"

    def delete(event: Event) -> None:
        if isinstance(event, Advanced) and event.stage == stage:
            shutil.rmtree(out, ignore_errors=True)
            if again:
                out.mkdir(exist_ok=True)

    with pytest.raises(StudyError, match="was deleted or moved while in use") as caught:
        toy_search(out, listen=delete)
    assert caught.value.exit_code == 1
    assert not any(out.rglob("*")) if again else not out.exists()
    assert toy_search(out).best_model is not None
