from __future__ import annotations

from typing import Any

import pytest

from nas.errors import ConfigError
from nas.task.image_regression import IMAGE_REGRESSION
from nas.task.kind import KINDS
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from nas.training.config import TrainConfig, default_training

IMAGES = Task(classes=10, channels=1, resolution=8)
NODES = Task(kind=NODE_CLASSIFICATION, classes=7, features=1433)


@pytest.mark.parametrize(
    ("task", "optimiser", "keep", "full"),
    [(IMAGES, "sgd", "last", 30), (NODES, "adam", "best", 300)],
)
def test_a_task_has_its_usual_recipe(task: Task, optimiser: str, keep: str, full: int) -> None:
    assert (default_training(task).optimiser, default_training(task).keep) == (optimiser, keep)
    assert (default_training(task).epochs, default_training(task, 7).epochs) == (full, 7)


@pytest.mark.parametrize("name", ["optimiser", "schedule", "keep"])
def test_what_there_is_no_such_thing_of_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} must be .* or .*, got 'none'"):
        TrainConfig(**{name: "none"})  # type: ignore[arg-type]


def test_a_constant_rate_rises_and_stays() -> None:
    config = TrainConfig(schedule="constant", warmup=0.5)
    assert [config.rate(step, 8) for step in range(8)] == [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]
    assert TrainConfig(schedule="constant", warmup=0.0).rate(0, 8) == 1


def test_settings_of_stored_trainings_stay_their_identity() -> None:
    """What came later is left out at its default, so earlier trainings are found again."""
    assert TrainConfig(epochs=2).identity() == {
        "epochs": 2,
        "batch_size": 64,
        "optimiser": "sgd",
        "lr": 0.1,
        "momentum": 0.9,
        "weight_decay": 3e-4,
        "label_smoothing": 0.1,
        "warmup": 0.1,
        "schedule": "cosine",
        "clip": 5.0,
        "keep": "last",
        "precision": "auto",
    }
    assert TrainConfig(ema=0.9).identity() == {**TrainConfig().identity(), "ema": 0.9}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mixup": 0.7, "cutmix": 0.7}, "shares of the batches: 0.7 and 0.7 are more than all"),
        ({"mixup": 1.5}, r"mixup must lie in \[0, 1\], got 1.5"),
        ({"ema": 1.0}, r"ema must lie in \[0, 1\), got 1.0"),
        ({"randaugment": 30}, r"randaugment must lie in \[0, 30\), got 30"),
        ({"patience": -1}, "patience must not be negative, got -1"),
        ({"patience": 3}, "ends some epochs after its best one, but keeps the last"),
        ({"temperature": 0.0}, "temperature must be positive, got 0.0"),
    ],
)
def test_methods_out_of_range(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainConfig(**change)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (NODE_CLASSIFICATION, {"mixup": 0.5}),
        (NODE_CLASSIFICATION, {"randaugment": 5}),
        (IMAGE_REGRESSION, {"cutmix": 0.5}),
        (IMAGE_REGRESSION, {"balanced": True}),
    ],
)
def test_a_method_that_makes_no_sense_is_refused(kind: str, change: dict[str, Any]) -> None:
    (name,) = change
    with pytest.raises(ConfigError, match=f"{name} cannot be used for this task: "):
        TrainConfig(**change).check_suits(KINDS.get(kind))
    TrainConfig().check_suits(KINDS.get(kind))


def test_a_regression_has_no_teacher() -> None:
    with pytest.raises(ConfigError, match="teacher cannot be used"):
        TrainConfig().check_suits(KINDS.get(IMAGE_REGRESSION), taught=True)
