from __future__ import annotations

from typing import TYPE_CHECKING

import optuna
import pytest

from nas.study.samplers.predictor_guided import PredictorGuidedSampler

if TYPE_CHECKING:
    from optuna import Trial


def _right(trial: Trial) -> int:
    return sum(trial.suggest_categorical(f"p{place}", "abcd") == "b" for place in range(6))


def test_no_proposal_is_made_twice() -> None:
    study = optuna.create_study(
        direction="maximize", sampler=PredictorGuidedSampler(n_startup_trials=8, seed=0)
    )
    study.optimize(_right, n_trials=8)
    asked = [study.ask() for _ in range(12)]
    for trial in asked:
        study.tell(trial, _right(trial))
    study.optimize(_right, n_trials=20)
    proposed = [tuple(trial.params.values()) for trial in study.trials[8:]]
    assert len(set(proposed)) == len(proposed)


def test_what_fails_is_avoided() -> None:
    def fragile(trial: Trial) -> int:
        found = _right(trial)
        if trial.params["p0"] in "bc":
            raise RuntimeError
        return found

    study = optuna.create_study(
        direction="maximize", sampler=PredictorGuidedSampler(n_startup_trials=15, seed=0)
    )
    study.optimize(fragile, n_trials=70, catch=RuntimeError)
    late = study.trials[-20:]
    assert sum(trial.params["p0"] in "bc" for trial in late) <= 3
    assert study.best_value == 5


def test_when_everything_is_known_choices_are_random() -> None:
    study = optuna.create_study(sampler=PredictorGuidedSampler(n_startup_trials=4, seed=0))
    study.optimize(lambda trial: trial.suggest_int("x", 0, 2), n_trials=20)
    assert {trial.params["x"] for trial in study.trials} == {0, 1, 2}


@pytest.mark.parametrize(("startup", "batch"), [(1, 10), (20, 0)])
def test_numbers_out_of_range(startup: int, batch: int) -> None:
    with pytest.raises(ValueError, match="must hold"):
        PredictorGuidedSampler(n_startup_trials=startup, batch_size=batch)
