from __future__ import annotations

import optuna
from optuna import Trial

from nas.study.samplers.reinforce import ReinforceSampler, class_of


def _layers(trial: Trial) -> float:
    widths = [trial.suggest_categorical(f"width{layer}", (8, 16, 32)) for layer in range(3)]
    kernels = [trial.suggest_categorical(f"kernel{layer}", (1, 3, 5)) for layer in range(3)]
    return sum(widths) + sum(kernels)


def test_one_class_of_choices_changes_at_a_time() -> None:
    study = optuna.create_study(
        direction="maximize", sampler=ReinforceSampler(n_startup_trials=5, seed=0)
    )
    study.optimize(_layers, n_trials=60)
    for trial in study.trials[5:]:
        best = max(one.value or 0 for one in study.trials[: trial.number])
        kept = [one for one in study.trials[: trial.number] if one.value == best]
        changed = [
            {class_of(name) for name in trial.params if trial.params[name] != one.params[name]}
            for one in kept
        ]
        assert min(map(len, changed)) <= 1


def test_the_controller_prefers_what_was_rewarded() -> None:
    sampler = ReinforceSampler(n_startup_trials=5, class_of=str, seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(_layers, n_trials=150)
    drawn = [
        trial.params[name]
        for trial in study.trials[75:]
        if (name := trial.system_attrs["reinforce"]).startswith("width")
    ]
    assert drawn.count(32) > len(drawn) / 2


def test_a_class_is_a_name_without_numbers() -> None:
    assert class_of("kernel13") == class_of("kernel2") == "kernel"
    assert class_of("edge_0_1") == class_of("edge_2_3") != class_of("width")
