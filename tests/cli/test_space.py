from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.space import find_space, task_for
from nas.errors import ConfigError, UnknownNameError
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from search_spaces.cells.nb201 import NasBench201

if TYPE_CHECKING:
    from pathlib import Path

DIGITS = Task(classes=10, channels=1, resolution=8)
SOURCE = """
from dataclasses import dataclass
import nas
from torch import nn
from nas.errors import ConfigError

def build(trial, data):
    width = trial.suggest_categorical("width", [4, 8])
    return nn.Sequential(nn.Flatten(), nn.Linear(data.resolution**2, width), nn.ReLU(),
                         nn.Linear(width, data.classes))

other = lambda trial, data: build(trial, data)

@dataclass(frozen=True, kw_only=True)
class Own(nas.SearchSpace):
    name = "own"
    channels: int = 4

    @classmethod
    def macro_for(cls, task):
        return {"channels": 2 * task.channels}

    def build(self, trial):
        b = nas.GraphBuilder()
        x = b.input((1, self.task.channels, 8, 8))
        return b.build(b.classifier(b.conv2d(x, self.channels), self.task.classes))

@dataclass(frozen=True, kw_only=True)
class OnNodes(Own):
    def __post_init__(self):
        if self.task.kind != "node-classification":
            raise ConfigError("needs nodes")

number = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "written_spaces.py"
    path.write_text(SOURCE)
    return path


def test_names_are_those_of_the_registry() -> None:
    space = find_space("nb201:channels=4", DIGITS)
    assert isinstance(space, NasBench201)
    assert space.channels == 4


@pytest.mark.parametrize(
    ("name", "called"), [("build", "written_spaces"), ("other", "written_spaces-other")]
)
def test_a_function_of_a_file_is_a_space(file: Path, name: str, called: str) -> None:
    space = find_space(f"{file}:{name}", DIGITS)
    assert space.name == called
    assert space.graph({"width": 4}).shapes[space.graph({"width": 4}).outputs[0]] == (1, 10)


def test_a_class_of_a_file_takes_sizes(file: Path) -> None:
    assert find_space(f"{file}:Own", DIGITS).macro() == {"channels": 2}
    assert find_space(f"{file}:Own:channels=7", DIGITS).macro() == {"channels": 7}


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("number", ConfigError, "is int, expected a function or a class of search spaces"),
        ("dataclass_", UnknownNameError, "has no 'dataclass_'"),
        ("build:width=3", ConfigError, "has no macro size 'width'"),
        ("Own:width=3", ConfigError, "has no macro size 'width'"),
    ],
)
def test_code_that_makes_no_space_is_refused(
    file: Path, name: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        find_space(f"{file}:{name}", DIGITS)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"no file 'nowhere\.py'"):
        find_space("nowhere.py:build", DIGITS)


def test_usual_tasks_fit_the_space(file: Path) -> None:
    kinds = {
        name: task_for(name).kind
        for name in ("nb201", "gnn", f"{file}:build", f"{file}:Own", f"{file}:OnNodes")
    }
    assert list(kinds.values()) == [
        IMAGE_CLASSIFICATION,
        NODE_CLASSIFICATION,
        IMAGE_CLASSIFICATION,
        IMAGE_CLASSIFICATION,
        NODE_CLASSIFICATION,
    ]
