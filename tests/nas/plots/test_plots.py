from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import altair as alt
import pytest

import nas.plots
from nas.analysis.figure import FIGURES
from nas.data.dataset import Targets
from nas.errors import ConfigError, StudyError
from nas.evaluate.residuals import Residuals
from nas.plots import extra
from nas.plots.charts.pareto import front
from nas.plots.source import recorded
from nas.plots.style import data
from nas.study.goals.objectives import Objective
from nas.study.record.recorded_run import run_of
from nas.training.confusion import Confusion
from tests.nas.study.study_toys import toy_search

ROOT = Path(__file__).parents[3]
OF_A_RUN = sorted(set(nas.plots.__all__) - {"confusion", "importance", "residuals"})


def rows(chart: alt.Chart | alt.LayerChart) -> list[dict[str, Any]]:
    """All rows of all layers."""
    spec = chart.to_dict()
    layers = spec.get("layer", [spec])
    return [row for layer in layers for row in layer.get("data", spec.get("data"))["values"]]


@pytest.mark.parametrize("name", OF_A_RUN)
def test_each_is_an_ordinary_chart_of_a_folder_and_of_a_result(searched, name):
    plot = getattr(nas.plots, name)
    chart = plot(searched)

    assert isinstance(chart, alt.Chart | alt.LayerChart)
    assert rows(chart)
    assert chart.to_dict() == plot(searched.run).to_dict()
    json.dumps(chart.to_dict(), allow_nan=False)


def test_history_shows_every_scored_trial_and_what_training_gave(searched):
    shown = [row for row in rows(nas.plots.history(searched)) if "trial" in row]

    assert {row["trial"] for row in shown} == {f"#{t.number}" for t in run_of(searched).scored}
    trained = {row["trial"] for row in shown if row["accuracy after training"] is not None}
    assert trained == {found.name for found in searched.finalists}


def test_the_best_so_far_follows_the_direction():
    found = toy_search(n_trials=8, finalists=0, max_epochs=0, objectives=("params:min",))
    steps = [row["best"] for row in rows(nas.plots.history(found)) if "best" in row]

    assert steps == sorted(steps, reverse=True)
    assert steps[-1] == min(trial.values[0] for trial in run_of(found).scored)


def test_the_line_of_the_pareto_figure_is_the_front_of_the_search():
    goals = ("score:max", "params:min")
    found = toy_search(n_trials=16, finalists=0, max_epochs=0, objectives=goals)
    line = nas.plots.pareto(found).to_dict()["layer"][0]["data"]["values"]

    assert {row["trial"] for row in line} == {member.name for member in found.pareto}


def test_a_front_keeps_what_no_other_row_beats():
    goals = (Objective("score", "maximize"), Objective("params", "minimize"))
    table = [
        {"score": 0.9, "params": 30},
        {"score": 0.5, "params": 10},
        {"score": 0.4, "params": 20},
    ]
    assert front(table, goals) == [table[1], table[0]]


def test_the_trust_figure_shows_the_trainings_without_mutants(searched):
    shown = rows(nas.plots.trust(searched))

    assert len(shown) == searched.trust.probes
    assert sum(row["group"] == "probe" for row in shown) == searched.probes.architectures


def test_tau_shows_each_score_with_its_interval(searched):
    shown = {row["score"]: row for row in rows(nas.plots.tau(searched)) if "score" in row}

    known = {name for name, interval in searched.trust.interval.items() if interval is not None}
    assert shown.keys() == known
    assert all(row["low"] <= row["high"] for row in shown.values())


def test_rungs_show_every_training(searched):
    run = run_of(searched)
    chart = nas.plots.rungs(searched).to_dict()
    shown = next(iter(chart["datasets"].values())) if "datasets" in chart else rows_of(chart)

    assert len(shown) == sum(map(len, run.rungs))
    assert {row["network"] for row in shown if row["group"] == "best"} == {searched.best.name}


def rows_of(chart: dict[str, Any]) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = chart["data"]["values"]
    return values


def test_importance_needs_many_trials(searched):
    with pytest.raises(StudyError, match="not known"):
        nas.plots.importance(searched)

    many = toy_search(n_trials=60, finalists=0, max_epochs=0)
    shares = [row["share"] for row in rows(nas.plots.importance(many))]
    assert shares == sorted(shares, reverse=True)


def test_random_search_needs_probes():
    with pytest.raises(StudyError, match="two trained probes"):
        nas.plots.random_search(toy_search(n_trials=4, finalists=0, max_epochs=0))


def test_a_confusion_matrix_shows_each_cell_with_samples():
    import torch

    counts = torch.tensor([[3, 1], [0, 2]])
    chart = nas.plots.confusion(Confusion(("cat", "emu"), counts, ()))
    shown = {(row["class"], row["taken for"]): row["samples"] for row in rows_of(chart.to_dict())}

    assert shown == {("cat", "cat"): 3, ("cat", "emu"): 1, ("emu", "emu"): 2}


def test_predictions_stand_beside_the_true_values_of_at_most_a_thousand_samples():
    import torch

    truth = torch.arange(2500.0)[:, None]
    found = Residuals(Targets(("weight",), (0.0,), (1.0,)), truth, truth + 1)
    shown = [row for row in rows(nas.plots.residuals(found)) if "sample" in row]

    assert len(shown) == 834
    assert all(row["predicted"] == row["true"] + 1 == row["sample"] + 1 for row in shown)
    assert all(row["error"] == 1 for row in shown)


def test_numbers_that_json_lacks_are_null():
    assert data([{"a": float("nan"), "b": float("inf"), "c": 1.5}]).values == [
        {"a": None, "b": None, "c": 1.5}
    ]


def test_other_things_are_refused():
    with pytest.raises(ConfigError, match="expected a run folder or the result of a search"):
        recorded(3)  # type: ignore[arg-type]


def test_names_of_scores_are_known_figures(searched):
    assert run_of(searched).trust.ranked_by in {*FIGURES, "regressor"}


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda module: None)
    with pytest.raises(ConfigError, match="need altair and vl-convert-python") as caught:
        extra.check_installed()

    assert caught.value.hint == "pip install altair vl-convert-python"


def test_importing_the_package_draws_nothing():
    names = "('altair', 'nas.plots')"
    code = f"import sys, nas, nas.report; print([m for m in {names} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_figure_called_accuracy_is_not_taken_for_the_trained_one(searched):
    run = run_of(searched)
    assert run.result is not None
    by_accuracy = replace(searched.trust, ranked_by="accuracy")
    changed = replace(run, result=replace(run.result, trust=by_accuracy))
    shown = {row["network"]: row for row in rows(nas.plots.trust(changed))}

    for trial, training in run.judged:
        row = shown[f"#{trial.number}"]
        assert (row["accuracy"], row["trained"]) == (
            trial.user_attrs["accuracy"],
            training.val_accuracy,
        )
