from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from nas.errors import ConfigError
from nas.graph.builder import GraphBuilder
from nas.space.candidate import candidate, crossover, mutate, sample
from nas.space.choices import Choices
from nas.space.own_space import own_space
from nas.space.trial import ReplayTrial
from nas.study.record.storage import open_storage, quiet_optuna
from tests.nas.space.space_toys import TASK

if TYPE_CHECKING:
    from pathlib import Path

    from nas.graph.graph import Graph
    from nas.space.search_space import SearchSpace
    from nas.space.trial import Trial
    from nas.task.task import Task

few = settings(max_examples=20, deadline=None)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.integers(-100, 100).map(np.int16),
    st.floats(allow_nan=False, width=32).map(np.float32),
    st.booleans().map(np.bool_),
    st.text(max_size=5).map(np.str_),
)
CHOICES = st.recursive(SCALARS, lambda part: st.lists(part, max_size=3).map(tuple), max_leaves=6)


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


def space_of(choices: Any, seen: list[Any]) -> SearchSpace:
    """A space of one choice; it also sets the width, so equal networks are equal choices."""

    def build(trial: Trial, data: Task) -> Graph:
        seen.append(trial.suggest_categorical("choice", choices))
        b = GraphBuilder()
        x = b.flatten(b.input((1, data.channels, data.resolution, data.resolution)))
        return b.build(b.linear(x, data.classes))

    return own_space(build, TASK)


@few
@given(choices=st.lists(CHOICES, min_size=1, max_size=5), seed=st.integers(0, 9))
def test_every_choice_is_returned_unchanged(choices: list[Any], seed: int) -> None:
    try:
        offered = Choices.of("choice", choices).offered
    except ConfigError:  # a tuple and its text are both choices
        return
    seen: list[Any] = []
    space = space_of(choices, seen)
    rng = np.random.default_rng(seed)
    drawn = sample(space, rng)
    (value,) = seen
    assert value in offered
    assert type(value) in (str, int, float, bool, tuple, type(None))
    for other in (drawn.params, space.decode(space.encode(drawn.params)), {"choice": value}):
        again, _ = space.rebuild(other)
        assert repr(seen.pop()) == repr(value)
        assert type(again["choice"]) in (str, int, float, bool, type(None))
    crossover(space, drawn.params, drawn.params, rng)
    assert repr(seen.pop()) == repr(value)


@few
@given(choices=st.lists(CHOICES, min_size=1, max_size=4))
def test_optuna_and_a_replay_give_a_space_the_same(choices: list[Any]) -> None:
    try:
        Choices.of("choice", choices)
    except ConfigError:
        return
    seen: list[Any] = []
    space = space_of(choices, seen)
    with quiet_optuna():
        trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    space.assemble(trial)
    space.rebuild(trial.params)
    assert repr(seen[0]) == repr(seen[1])


@pytest.mark.parametrize("store", ["s.journal", "s.db"])
def test_tuples_and_numpy_numbers_survive_a_study(store: str, tmp_path: Path) -> None:
    choices = [(3, 3), (3, (5, "a")), np.int64(7), np.float64(0.5), None]
    seen: list[Any] = []
    space = space_of(choices, seen)
    url = str(tmp_path / store) if store.endswith("journal") else f"sqlite:///{tmp_path / store}"
    with quiet_optuna():
        study = optuna.create_study(storage=open_storage(url), study_name="s")
        for kept in Choices.of("choice", choices).kept.choices:
            study.enqueue_trial({"choice": kept})
            trial = study.ask()
            space.assemble(trial)
            study.tell(trial, 0.0)
        again = optuna.load_study(storage=open_storage(url), study_name="s")
    before = list(seen)
    seen.clear()
    for finished in again.trials:
        space.rebuild(finished.params)
    assert seen == before == [(3, 3), (3, (5, "a")), 7, 0.5, None]
    assert [type(value) for value in seen[2:4]] == [int, float]


def test_a_mutant_has_another_tuple() -> None:
    seen: list[Any] = []
    space = space_of([(1, 2), (3, 4)], seen)
    mutant = mutate(space, {"choice": [1, 2]}, np.random.default_rng(0))
    assert seen == [(1, 2), (3, 4)]
    assert candidate(space, {"choice": (3, 4)}).params == mutant.params
    assert candidate(space, '{"choice":[3.0,4]}').architecture == mutant.architecture


def test_members_of_an_enumeration_are_offered_and_kept_by_their_value() -> None:
    trial = ReplayTrial({"colour": "blue"})
    assert trial.suggest_categorical("colour", list(Colour)) is Colour.BLUE
    assert type(trial.params["colour"]) is str


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ([nn.ReLU, nn.GELU], "<class 'torch.nn.modules.activation.ReLU'>, which is of type type"),
        ([1, len], "which is of type builtin_function_or_method"),
        ([nn.ReLU()], "ReLU(), which is of type ReLU"),
        ([[3, 3], [5, 5]], "[3, 3], which is of type list"),
        ([torch.float32], "torch.float32, which is of type dtype"),
        ([torch.tensor(3)], "tensor(3), which is of type Tensor"),
        ([(1, {"a": 2})], "{'a': 2}, which is of type dict"),
        ([b"x"], "b'x', which is of type bytes"),
        ([1j], "1j, which is of type complex"),
        ([math.nan], "nan, which equals nothing"),
        ([], "has nothing to choose from"),
    ],
    ids=str,
)
def test_choices_that_cannot_be_stored_are_refused(choices: list[Any], named: str) -> None:
    space = space_of(choices, [])
    trials = (ReplayTrial({}, np.random.default_rng(0)), optuna.create_study().ask())
    for trial in trials:
        with pytest.raises(ConfigError, match="parameter 'choice' ") as caught:
            space.assemble(trial)
        assert named in caught.value.message
