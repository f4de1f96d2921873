from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.rank_fidelity import store
from benchmarks.rank_fidelity.few_labels import INSIDE, LABELS, learnt, over_families
from benchmarks.rank_fidelity.fit import fitted
from benchmarks.rank_fidelity.pool import pools
from benchmarks.rank_fidelity.tables import report, zero_labels
from benchmarks.rank_fidelity.zero_labels import SCORES, regret, top_decile, within_fifths

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, name: str, family: str, seed: int, count: int = 60) -> None:
    """A table in which MACs decide, NASWOT agrees with them, and the read-out is reversed."""
    draws = np.random.default_rng(seed)
    rows = []
    for number, macs in enumerate(draws.permutation(count)):
        macs = float(macs)
        figures: dict[str, float] = {
            "brier": draws.random(),
            "accuracy": 0.1,
            "readout": macs,
            "naswot": macs,
            "loss": 1.0,
            "score": 0.5,
        }
        rows.append(
            {
                "architecture": str(number),
                "accuracies": [macs + draws.random()],
                "choices": {"op": int(draws.integers(3))},
                "costs": {
                    "params": draws.random(),
                    "macs": macs,
                    "activation_bytes": draws.random(),
                    "layers": 3,
                    "shortest_path": 3,
                    "mean_path": 3,
                },
                "general": figures,
                "untrained": {"naswot": macs, "readout": macs},
            }
        )
    document = {"family": family, "measures": ["toy"], "general": "toy", "rows": rows}
    store.write(folder / f"{name}{store.SUFFIX}", document)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, family in enumerate(("one", "two", "three")):
        write(tmp_path, f"table{seed}", family, seed)
    return tmp_path


def test_figures_are_oriented_and_measured_in_each_family(folder: Path) -> None:
    (pool, *_) = pools(folder)
    truth = pool.truths["toy"]
    macs, readout = SCORES["MACs"](pool), SCORES["read-out"](pool)
    assert macs is not None
    assert readout is not None
    assert (np.argsort(macs) == np.argsort(truth)).all()
    assert (np.argsort(readout) == np.argsort(-truth)).all()
    assert within_fifths(macs, truth, pool.figures["macs"]) == pytest.approx(1.0)
    assert SCORES["own score"](pool) is None
    rows = {line.split(" | ")[0]: line for line in zero_labels(pools(folder)).splitlines()}
    assert rows["| MACs"] == "| MACs | 1.00 | 1.00 | 1.00 | 0.00 | 0 of 3 | 1.00 | 1.00 | 1.00 |"
    assert rows["| read-out"].startswith("| read-out | -1.00 | -1.00 | ")
    assert rows["| read-out"].endswith(" | 3 of 3 | -1.00 | -1.00 | -1.00 |")


def test_regret_is_the_distance_to_the_best_of_the_first_tenth() -> None:
    truth = np.arange(20.0)
    assert regret(truth, truth) == 0
    assert regret(-truth, truth) == pytest.approx((19 - 1) / truth.std())


def test_the_top_decile_is_that_of_the_accuracies() -> None:
    truth = np.arange(30.0)
    score = np.where(truth < 27, -truth, truth)
    assert top_decile(score, truth) == 1
    assert top_decile(-truth, truth) == -1


def test_the_prior_learns_which_features_tell(folder: Path) -> None:
    prior = fitted(pools(folder))
    assert prior.choices < 0.1
    assert prior.noise < 0.2


def test_rankers_are_judged_on_families_that_did_not_teach_them(folder: Path) -> None:
    rows = list(learnt(pools(folder)))
    rankers = {"score, no labels", "ridge on costs", "regressor", INSIDE}
    assert {row.ranker for row in rows} == rankers
    assert {row.labels for row in rows} == {labels for labels in LABELS if labels <= 20}
    taught = [row for row in rows if row.ranker == "regressor" and row.labels == 20]
    assert over_families(taught) > 0.8


@pytest.mark.slow
def test_the_report_holds_all_tables(folder: Path) -> None:
    for name in ("a", "b"):
        write(folder, name, name, seed=9, count=140)
    text = report(folder)
    heads = "score | mean | top decile | inside fifths | regret | far below"
    assert f"| {heads} | a | b | one | three | two |" in text
    assert "| ranker | 5 | 10 | 20 | 50 | 100 |" in text
