"""Rustuna's samplers in a study of Optuna: equal draws, and processor time for each trial.

pip install rustuna==0.2.0
python -m benchmarks.record.rust
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import optuna
import rustuna
from optuna.samplers import RandomSampler, TPESampler
from rustuna.converter import ToOptunaSampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from optuna import Trial
    from optuna.samplers import BaseSampler

    Make = Callable[[], BaseSampler]

TRIALS = 100
BATCH = 10
PAIRS: dict[str, tuple[Make, Make]] = {
    "random": (
        lambda: RandomSampler(seed=0),
        lambda: ToOptunaSampler(rustuna.samplers.RandomSampler(seed=0)),
    ),
    "tpe": (
        lambda: TPESampler(seed=0, multivariate=True, constant_liar=True),
        lambda: ToOptunaSampler(rustuna.samplers.TPESampler(seed=0)),
    ),
}


def worth(trial: Trial) -> float:
    """Choices of a stem, and of one to three stages."""
    depth = trial.suggest_int("depth", 1, 3)
    names = [f"stem{i}" for i in range(4)] + [f"{k}.{i}" for k in range(depth) for i in range(4)]
    found = sum(trial.suggest_categorical(name, [1, 3, 5]) for name in names)
    return found / len(names)


def run(sampler: BaseSampler) -> tuple[list[dict[str, Any]], float]:
    """What a sampler draws, and its milliseconds for each trial."""
    study = optuna.create_study(sampler=sampler, direction="maximize")
    began = time.process_time()
    for _ in range(TRIALS // BATCH):
        for trial in [study.ask() for _ in range(BATCH)]:
            study.tell(trial, worth(trial))
    seconds = time.process_time() - began
    return [trial.params for trial in study.trials], 1000 * seconds / TRIALS


def main() -> None:
    """Print a line for each sampler."""
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for name, (make, other) in PAIRS.items():
        drawn, each = run(make())
        same, faster = run(other())
        equal = sum(a == b for a, b in zip(drawn, same, strict=True))
        print(f"{name:7} equal {equal:3} of {TRIALS}, ms: {each:.1f}, rustuna {faster:.1f}")


if __name__ == "__main__":
    main()
