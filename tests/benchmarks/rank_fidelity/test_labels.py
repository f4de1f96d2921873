from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.rank_fidelity import labels, store
from benchmarks.rank_fidelity.fit import RESULTS
from benchmarks.rank_fidelity.pool import pools
from benchmarks.rank_fidelity.short.halving import (
    Searched,
    Strategy,
    by_chance,
    by_label,
    by_score,
)
from benchmarks.rank_fidelity.short.lengths import SHARES, qualities
from benchmarks.rank_fidelity.short.weighing import WeighingRegressor
from nas.study.selection.kernels import normal_scores
from nas.study.selection.regressor import AccuracyRegressor

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 40


def searched(seed: int = 0) -> Searched:
    """A search whose labels are exact after a full training, and fair before."""
    draws = np.random.default_rng(seed)
    truth, score, figure = draws.normal(size=(3, COUNT))
    choices: list[dict[str, object]] = [{"op": "abc"[i]} for i in draws.integers(3, size=COUNT)]
    return Searched(
        score=score,
        macs=draws.random(COUNT),
        costs=draws.normal(size=(COUNT, 4)),
        regressor=WeighingRegressor(score, [figure], choices),
        labels=[truth + draws.normal(size=COUNT), truth + 0.5 * draws.normal(size=COUNT), truth],
        noise=np.array([1.0, 0.25, 0.01]),
        seed=seed,
    )


def test_a_longer_label_replaces_the_shorter_one() -> None:
    seen = searched()
    seen.trained = [[4, 1, 7, 9, 3], [7, 1, 3], []]
    rows, places, longest = seen.known()
    assert rows == [4, 1, 7, 9, 3]
    assert longest.tolist() == [0, 1, 1, 0, 1]
    place = dict(zip(rows, places, strict=True))
    by_longer = sorted([7, 1, 3], key=lambda row: seen.labels[1][row])
    assert sorted(by_longer, key=lambda row: place[row]) == by_longer
    short = dict(zip(rows, normal_scores(seen.labels[0][rows]), strict=True))
    assert (place[4], place[9]) == (short[4], short[9])
    assert sorted(places) == pytest.approx(sorted(short.values()))


def test_labels_of_one_length_are_those_of_the_regressor() -> None:
    seen, group = searched(), [0, 5, 11, 20, 31]
    seen.trained = [group, [], []]
    draws = np.random.default_rng(0)
    _, score, figure = draws.normal(size=(3, COUNT))
    choices: list[dict[str, object]] = [{"op": "abc"[i]} for i in draws.integers(3, size=COUNT)]
    usual = AccuracyRegressor(score, [figure], choices)
    expected = usual.fit(group, seen.labels[0][group]).mean
    for weigh in ("alike", "longest", "relative"):
        forecast = seen.forecast(weigh)
        assert forecast is not None
        assert forecast.mean == pytest.approx(expected)
    noisy = seen.forecast("noise")
    assert noisy is not None
    assert noisy.mean != pytest.approx(expected)


def test_a_label_of_endless_noise_changes_nothing() -> None:
    seen, group = searched(), [0, 5, 11, 20]
    without = seen.regressor.fit(group, seen.labels[0][group])
    more = np.append(seen.labels[0][group], 99.0)
    with_it = seen.regressor.fit([*group, 31], more, np.array([0, 0, 0, 0, 1e9]))
    assert with_it.mean == pytest.approx(without.mean, abs=1e-4)
    assert with_it.std == pytest.approx(without.std, abs=1e-4)


@pytest.mark.parametrize("strategy", labels.STRATEGIES)
def test_no_strategy_spends_more_than_the_budget(strategy: str) -> None:
    for budget in (5, 10):
        seen = searched()
        best = labels.STRATEGIES[strategy].run(seen, budget, np.ones(COUNT))
        spent = sum(share * len(group) for share, group in zip(SHARES, seen.trained, strict=True))
        assert 0.8 * budget < spent <= budget + 1e-9
        assert best in seen.trained[-1]
        assert all(len(set(group)) == len(group) for group in seen.trained)


def test_full_trainings_of_all_find_the_best() -> None:
    seen = searched()
    found = Strategy(choose=by_chance, shares=(0, 0, 1)).run(seen, COUNT, np.ones(COUNT))
    assert found == seen.labels[-1].argmax()


def test_probes_are_spread_over_the_ranking() -> None:
    seen = searched()
    Strategy(choose=by_score, promote=by_label, probes=2).run(seen, 5, np.ones(COUNT))
    order = np.argsort(-seen.score)
    assert seen.trained[0][:3] == [order[0], order[13], order[26]]


def test_longer_trainings_rank_better() -> None:
    known = qualities()
    for table in {one.table for one in known}:
        taus = [one.tau for one in known if one.table == table]
        assert taus == sorted(taus)
        noises = [one.noise for one in known if one.table == table]
        assert noises == sorted(noises, reverse=True)


def test_a_simulation_is_kept_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [pool for pool in pools(RESULTS) if pool.name in ("nb101", "nb301")]
    for name, value in {"_SEEDS": 2, "_LONG_SEEDS": 0}.items():
        monkeypatch.setattr(labels, name, value)
    monkeypatch.setattr(labels, "BUDGETS", (2.5, 5))
    monkeypatch.setattr(labels, "RANKED_BY", ("score",))
    few = {name: labels.STRATEGIES[name] for name in ("random", "score", "regressor")}
    monkeypatch.setattr(labels, "STRATEGIES", few)
    file = tmp_path / "labels.json.gz"
    labels.simulate(known, file)
    done = store.read(file)
    assert len(done) == 4
    cell = labels.summary(done, "searches", "regressor")["score, 5, epochs"]["regressor"]
    assert cell.difference == 0
    assert cell.families.keys() == {"darts", "nb101"}
    monkeypatch.setattr(labels, "_searches", None)  # nothing is simulated again
    labels.simulate(known, file)
    assert store.read(file) == done
