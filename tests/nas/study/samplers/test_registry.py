"""Every registered sampler, driven the way a search drives it."""

from __future__ import annotations

import math

import optuna
import pytest
from optuna import Trial
from optuna.trial import TrialState

from nas.errors import UnknownNameError
from nas.study.samplers.registry import SAMPLERS, make_sampler

DIRECTIONS = [("maximize",), ("maximize", "minimize"), ("maximize", "minimize", "minimize")]


def _build(trial: Trial) -> tuple[float, float]:
    depth = trial.suggest_int("depth", 1, 4)
    kernels = [trial.suggest_categorical(f"kernel{i}", [1, 3, 5]) for i in range(depth)]
    width = trial.suggest_int("width", 8, 64, log=True)
    rate = trial.suggest_float("rate", 0, 1)
    return sum(kernels) + rate, width * depth


def _run(name: str, directions: tuple[str, ...], seed: int = 0) -> list[dict[str, object]]:
    study = optuna.create_study(sampler=make_sampler(name, seed), directions=directions)  # type: ignore[arg-type]
    for _ in range(10):
        asked = [study.ask() for _ in range(12)]
        for trial in asked:
            quality, cost = _build(trial)
            trial.set_constraint("cost", cost / 100 - 1)
            if trial.number % 11 == 0:
                study.tell(trial, state=TrialState.FAIL)
            elif cost > 100:
                study.tell(trial, [-math.inf, cost, cost][: len(directions)])
            else:
                study.tell(trial, [quality, cost, cost][: len(directions)])
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("directions", DIRECTIONS, ids=len)
@pytest.mark.parametrize("name", SAMPLERS)
def test_batches_with_failures_infeasible_and_conditional_choices(
    name: str, directions: tuple[str, ...]
) -> None:
    drawn = _run(name, directions)
    assert len(drawn) == 120
    assert len({str(params) for params in drawn[:12]}) == 12


@pytest.mark.parametrize("name", SAMPLERS)
def test_seed_fixes_the_draws(name: str) -> None:
    drawn = _run(name, ("maximize",), 5)
    assert drawn == _run(name, ("maximize",), 5)
    assert drawn != _run(name, ("maximize",), 6)


def test_large_seeds_and_unknown_names() -> None:
    assert SAMPLERS.names() == [
        "evolution",
        "local-search",
        "nsga2",
        "predictor-guided",
        "random",
        "reinforce",
        "tpe",
    ]
    for name in SAMPLERS:
        make_sampler(name, 2**63 - 1)
    with pytest.raises(UnknownNameError, match="Did you mean 'evolution'"):
        make_sampler("evolutoin", 0)
