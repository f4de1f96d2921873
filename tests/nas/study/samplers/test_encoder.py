from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import optuna
from optuna.distributions import IntDistribution

from nas.study.samplers.encoder import Encoder

if TYPE_CHECKING:
    from optuna import Trial


def _layers(trial: Trial) -> float:
    for layer in range(trial.suggest_int("depth", 1, 3)):
        kind = trial.suggest_categorical(f"kind{layer}", ["conv", "pool"])
        if kind == "conv":
            trial.suggest_int(f"width{layer}", 8, 64)
    return 0


def _encoder() -> Encoder:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(_layers, n_trials=60)
    return Encoder(study.trials)


def test_parameters_of_other_branches_do_not_count() -> None:
    encoder = _encoder()
    everything = {
        "depth": 2,
        **{f"kind{layer}": "conv" if layer else "pool" for layer in range(3)},
        **{f"width{layer}": 8 for layer in range(3)},
    }
    assert list(encoder.space) == list(encoder.active(everything)) or set(
        encoder.active(everything)
    ) == {"depth", "kind0", "kind1", "width1"}
    assert set(encoder.active(everything)) == {"depth", "kind0", "kind1", "width1"}
    assert set(encoder.active({**everything, "depth": 1, "kind0": "conv"})) == {
        "depth",
        "kind0",
        "width0",
    }


def test_columns_of_choices_numbers_and_shared_choices() -> None:
    encoder = _encoder()
    short = {"depth": 1, "kind0": "conv", "width0": 64}
    long = {"depth": 3, "kind0": "pool", "kind1": "pool", "kind2": "conv", "width2": 8}
    one, other = encoder([short, long])
    assert one.shape == (2 * 4 + 2 * 3 + 2,)  # numbers, kinds, counts
    assert one[-2:].tolist() == [1, 0]
    assert other[-2:].tolist() == [1, 2]
    assert one[:2].tolist() == [1, 0]
    assert other[:2].tolist() == [1, 1]
    np.testing.assert_array_equal(encoder([long])[0], other)


def test_ranges_that_differ_are_united() -> None:
    study = optuna.create_study()
    for low, high in ((0, 4), (2, 9)):
        study.tell(study.ask({"x": IntDistribution(low, high)}), 0)
    assert Encoder(study.trials).space == {"x": IntDistribution(0, 9)}
