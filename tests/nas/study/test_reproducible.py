from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pytest
from torch import nn

from nas.errors import ConfigError
from nas.graph.builder import GraphBuilder
from nas.space.own_space import own_space
from nas.space.search_space import SearchSpace
from nas.study.reproducible import check_reproducible
from tests.nas.study.study_toys import DIGITS, ToySpace, toy_search, toy_space

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.trial import Trial
    from nas.task.task import Task

WIDTHS = itertools.cycle([2, 3])


@dataclass(frozen=True, kw_only=True)
class Moody(SearchSpace):
    """A width that no trial suggests."""

    name: ClassVar[str] = "moody"

    def build(self, trial: Trial) -> Graph:
        trial.suggest_categorical("label", ["a", "b"])
        b = GraphBuilder()
        x = b.conv2d(b.input((1, 1, 8, 8)), next(WIDTHS), 3)
        return b.build(b.classifier(x, 10))


@dataclass(frozen=True, kw_only=True)
class Forgetful(SearchSpace):
    """Nothing is returned."""

    name: ClassVar[str] = "forgetful"

    def build(self, trial: Trial) -> Graph:
        return None  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Asking(SearchSpace):
    """Each build asks for a choice of another name."""

    name: ClassVar[str] = "asking"

    def build(self, trial: Trial) -> Graph:
        b = GraphBuilder()
        width = trial.suggest_int(f"width{next(WIDTHS)}", 1, 4)
        return b.build(b.classifier(b.conv2d(b.input((1, 1, 8, 8)), width, 3), 10))


def test_a_space_that_follows_its_choices_passes() -> None:
    check_reproducible(toy_space(), seed=0)


def test_architectures_that_cannot_be_built_are_left_to_the_search() -> None:
    check_reproducible(toy_space(broken=(2, 3, 4, 5)), seed=0)


def moody(trial: Trial, data: Task) -> nn.Module:
    """A module whose width nobody chose."""
    width = next(WIDTHS)
    first = nn.Conv2d(1, width, trial.suggest_categorical("kernel", [1, 3]))
    return nn.Sequential(first, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))


@pytest.mark.parametrize(
    "space", [Moody(task=DIGITS), Asking(task=DIGITS), own_space(moody, DIGITS)]
)
def test_choices_from_elsewhere_are_refused_before_a_search(space: SearchSpace) -> None:
    with pytest.raises(ConfigError, match="gave two graphs for the same choices; draw everything"):
        toy_search(space=space)


def test_a_build_that_returns_nothing_is_refused_before_a_search() -> None:
    with pytest.raises(ConfigError, match="returned NoneType, expected a Graph"):
        toy_search(space=Forgetful(task=DIGITS))


def test_choices_that_cannot_be_kept_are_refused_before_a_search() -> None:
    class Classes(ToySpace):
        name: ClassVar[str] = "classes"

        def build(self, trial: Trial) -> Graph:
            trial.suggest_categorical("act", [int, float])
            return super().build(trial)

    with pytest.raises(ConfigError, match="'act' cannot be chosen from <class 'int'>"):
        toy_search(space=Classes(task=DIGITS))


def test_a_space_that_does_not_end_is_left_to_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(ToySpace):
        name: ClassVar[str] = "endless"

        def build(self, trial: Trial) -> Graph:
            while True:
                pass

    monkeypatch.setattr("nas.study.reproducible._SECONDS", 0.3)
    check_reproducible(Endless(task=DIGITS), seed=0)
