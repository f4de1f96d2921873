from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest
from torch import nn

from nas.errors import BuildError
from nas.space.candidate import mutate, sample
from nas.space.contained import contained
from nas.space.own_space import own_space
from nas.space.search_space import SearchSpace
from tests.nas.space.space_toys import MIXED, TASK

if TYPE_CHECKING:
    from torch import Tensor

    from nas.graph.graph import Graph
    from nas.space.trial import Trial
    from nas.task.task import Task


@dataclass(frozen=True, kw_only=True)
class Endless(SearchSpace):
    name: ClassVar[str] = "endless"
    build_seconds: ClassVar[float] = 0.3

    def build(self, trial: Trial) -> Graph:
        if trial.suggest_categorical("way", ["loop", "sleep"]) == "sleep":
            time.sleep(60)
        while True:
            pass


@dataclass(frozen=True, kw_only=True)
class Exiting(SearchSpace):
    name: ClassVar[str] = "exiting"

    def build(self, trial: Trial) -> Graph:
        trial.suggest_int("x", 1, 2)
        sys.exit(0)


@pytest.mark.parametrize("way", ["loop", "sleep"])
def test_a_build_that_does_not_end_is_an_error(way: str) -> None:
    with pytest.raises(BuildError, match=r"build\(\) of space 'endless' took longer than 0.3 s"):
        Endless(task=TASK).graph({"way": way})


def test_a_build_that_exits_is_an_error_everywhere() -> None:
    space, rng = Exiting(task=TASK), np.random.default_rng(0)
    for work in (lambda: sample(space, rng), lambda: mutate(space, {"x": 1}, rng)):
        with pytest.raises(BuildError, match="raised SystemExit: 0") as caught:
            work()
        assert caught.value.exit_code == 1


@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError(), BaseException("x")])
def test_exceptions_that_no_program_handles_are_errors(error: BaseException) -> None:
    text = f"the work raised {type(error).__name__}"
    with pytest.raises(BuildError, match=text), contained("the work"):
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit(), ValueError()])
def test_interruptions_and_exceptions_pass(error: BaseException) -> None:
    with pytest.raises(type(error)), contained("the work", 60):
        raise error


def test_a_space_that_ends_is_not_disturbed() -> None:
    assert sample(MIXED, np.random.default_rng(0)).params


def test_a_forward_that_does_not_end_is_an_error() -> None:
    class Waiting(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            while True:
                time.sleep(0.01)

    def build(trial: Trial, data: Task) -> nn.Module:
        return Waiting()

    space = own_space(build, TASK, build_seconds=0.3)
    with pytest.raises(BuildError, match=r"took longer than 0.3 s"):
        space.graph({})
