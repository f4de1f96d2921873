from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.stats import norm

from nas.analysis.figure import FIGURES
from nas.errors import ConfigError
from nas.evaluate.score_aggregate import (
    ScoreAggregate,
)
from nas.task.images import SCORE_WEIGHTS
from nas.task.kind import KINDS

REFERENCE = {
    "brier": [0.6, 0.05],
    "naswot": [300.0, 40.0],
    "macs": [2e6, 5e5],
    "mean_path": [9.0, 2.0],
    "shortest_path": [5.0, 1.0],
}
MIDDLE = {name: median for name, (median, _) in REFERENCE.items()}


def random_rows(count=200, seed=0):
    rng = np.random.default_rng(seed)
    return [
        {name: float(rng.normal(median, spread)) for name, (median, spread) in REFERENCE.items()}
        for _ in range(count)
    ]


def test_the_score_is_the_weighted_mean_of_normal_distributions():
    figures = {"brier": 0.55, "naswot": 380.0, "macs": 1e6, "mean_path": 8.0, "shortest_path": 4.0}
    grades = norm.cdf([1, 2, -2, -0.5, 1])
    assert ScoreAggregate(REFERENCE)(figures) == pytest.approx(
        np.average(grades, weights=[3, 0.5, 0.5, 1, 1])
    )


def test_the_median_architecture_scores_one_half():
    assert ScoreAggregate(REFERENCE)(MIDDLE) == pytest.approx(0.5)


@pytest.mark.parametrize("name", SCORE_WEIGHTS)
def test_each_figure_moves_the_score_one_way(name):
    median, spread = REFERENCE[name]
    steps = median + spread * np.linspace(-4, 4, 17)
    scores = [ScoreAggregate(REFERENCE)({**MIDDLE, name: float(figure)}) for figure in steps]
    ways = np.diff(scores) * (-1 if FIGURES.get(name).promises == "lower" else 1)
    assert (ways > 0).all()


def test_which_way_is_better():
    better = {"brier": 0.1, "naswot": 900.0, "macs": 9e6, "mean_path": 30, "shortest_path": 1}
    worse = {"brier": 1.9, "naswot": 0.0, "macs": 0, "mean_path": 0, "shortest_path": 1_000_000}
    assert ScoreAggregate(REFERENCE)(better) == pytest.approx(1.0, abs=1e-4)
    assert ScoreAggregate(REFERENCE)(worse) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("figure", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", SCORE_WEIGHTS)
def test_non_finite_figures_count_as_the_worst(name, figure):
    share = SCORE_WEIGHTS[name] / sum(SCORE_WEIGHTS.values())
    score = ScoreAggregate(REFERENCE)({**MIDDLE, name: figure})
    assert score == pytest.approx(0.5 * (1 - share))


def test_figures_beyond_the_recipe_do_not_matter():
    assert ScoreAggregate(REFERENCE)({**MIDDLE, "accuracy": 0.9}) == ScoreAggregate(REFERENCE)(
        MIDDLE
    )


def test_the_reference_is_the_median_and_the_deviation_of_normal_figures():
    found = ScoreAggregate.fit(random_rows(20_000)).reference
    for name, (median, spread) in REFERENCE.items():
        assert found[name] == pytest.approx([median, spread], rel=0.03)


def test_outliers_hardly_move_the_reference():
    spoilt = {
        "brier": 2.0,
        "naswot": 0.0,
        "macs": 1e12,
        "mean_path": 0.0,
        "shortest_path": 1_000_000,
    }
    rows = random_rows(2000)
    clean, mixed = (
        ScoreAggregate.fit(given).reference for given in (rows, [*rows, *100 * [spoilt]])
    )
    for name, (median, spread) in clean.items():
        assert mixed[name] == pytest.approx([median, spread], rel=0.15)


def test_figures_that_are_not_finite_are_left_out_of_the_reference():
    rows = random_rows()
    broken = {name: math.nan for name in SCORE_WEIGHTS} | {"macs": math.inf}
    assert ScoreAggregate.fit([*rows, broken]) == ScoreAggregate.fit(rows)
    assert ScoreAggregate.fit([broken])(MIDDLE) >= 0


def test_constant_networks_do_not_stretch_the_scale_of_shortest_paths():
    rows = [{**MIDDLE, "shortest_path": 2 if row < 80 else 3} for row in range(95)]
    rows += [{**MIDDLE, "shortest_path": 1_000_000}] * 5
    median, spread = ScoreAggregate.fit(rows).reference["shortest_path"]
    assert median == 2
    assert spread < 1


def test_a_figure_that_is_nearly_always_equal_keeps_a_spread():
    rows = [{**row, "shortest_path": 7} for row in random_rows(20)]
    assert ScoreAggregate.fit(rows).reference["shortest_path"] == [7.0, 1.0]
    rows[0]["shortest_path"] = 9
    median, spread = ScoreAggregate.fit(rows).reference["shortest_path"]
    assert median == 7.0
    assert spread == pytest.approx(np.std([9] + 19 * [7]))


def test_one_architecture_is_a_reference_too():
    aggregate = ScoreAggregate.fit([MIDDLE])
    assert aggregate(MIDDLE) == pytest.approx(0.5)


def test_json_returns_the_same_blend():
    aggregate = ScoreAggregate.fit(random_rows())
    assert ScoreAggregate(json.loads(json.dumps(aggregate.reference))) == aggregate


@pytest.mark.parametrize(
    "entry",
    [None, 3.0, [1.0], [1.0, 0.0], [1.0, -1.0], [math.nan, 1.0], [1.0, math.inf], ["a", 1.0]],
)
def test_a_reference_that_lacks_a_figure_says_so(entry):
    broken = {**REFERENCE, "macs": entry}
    if entry is None:
        del broken["macs"]
    with pytest.raises(ConfigError, match="the median and the spread of macs in a reference"):
        ScoreAggregate(broken)


def test_a_negative_weight_turns_a_figure_round():
    reference = {name: REFERENCE[name] for name in ("brier", "mean_path")}
    aggregate = ScoreAggregate(reference, {"brier": 3.0, "mean_path": -1.0})
    grades = norm.cdf([2, 1])
    assert aggregate({"brier": 0.5, "mean_path": 7.0}) == pytest.approx(
        np.average(grades, weights=[3, 1])
    )


@pytest.mark.parametrize("name", KINDS)
def test_the_weights_of_every_kind_of_task_make_a_score(name):
    kind = KINDS.get(name)
    for weights in (kind.score_weights, kind.general_score_weights):
        assert set(ScoreAggregate.fit([dict.fromkeys(weights, 1.0)], weights).reference) == set(
            weights
        )
