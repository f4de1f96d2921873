from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task


def test_a_task_is_about_images_unless_it_says_otherwise():
    assert Task(classes=10, channels=3, resolution=32).kind == IMAGE_CLASSIFICATION
    nodes = Task(kind=NODE_CLASSIFICATION, classes=7, features=1433)
    assert (nodes.channels, nodes.resolution) == (0, 0)


def test_a_task_is_a_frozen_value():
    task = Task(classes=10)
    assert {task, Task(classes=10)} == {task}
    with pytest.raises(FrozenInstanceError):
        task.classes = 5  # type: ignore[misc]
