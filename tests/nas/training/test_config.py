from __future__ import annotations

import pytest

from nas.errors import ConfigError
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
