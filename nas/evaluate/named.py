"""Spaces, data sets and predictors as users of the library give them: things, or their names."""

from __future__ import annotations

import inspect
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from nas.data.catalog import load
from nas.data.dataset import Dataset
from nas.errors import ConfigError, described
from nas.space.own_space import own_space
from nas.space.search_space import SearchSpace

if TYPE_CHECKING:
    from nas.events import Listener
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.task.task import Task

_GROUP = "nas.names"
"""Entry points of the packages that know names; ``nas`` itself knows no space and no
hypernetwork."""


def data_of(data: object, listen: Listener) -> Dataset:
    """A data set: itself, or loaded by name or path.

    Raises:
        ConfigError: It is something else.
        UnknownNameError: There is none of that name.
        DataError: Its files are missing or damaged.
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, str | Path):
        return load(data, listen=listen)
    raise ConfigError(
        f"expected a data set as a name, a path or a nas.Dataset, got {described(data)}",
        hint="nas.make_dataset makes one of images and labels in tensors.",
    )


def space_of(space: object, task: Task) -> SearchSpace:
    """A search space: itself, made for a task, or that of a name or a function.

    Args:
        space: A space, a class of spaces, the name of a registered one, perhaps with sizes
            (``"nasnet:channels=8"``), or a function as :func:`nas.own_space` takes it.
        task: Of the data set.

    Raises:
        ConfigError: It is something else.
        UnknownNameError: There is none of that name.
    """
    if isinstance(space, SearchSpace):
        return space
    if isinstance(space, str):
        found: SearchSpace = _knower("space")(space, task)
        return found
    if isinstance(space, type) and _is_concrete(space):
        return space(task=task).at(**space.macro_for(task))
    if inspect.isroutine(space) or isinstance(space, partial):
        return own_space(space, task)
    raise ConfigError(
        "expected a search space as a name, a function build(trial, task) or a nas.SearchSpace, "
        f"got {described(space)}",
        hint="`nas spaces` lists the names.",
    )


def predictor_of(
    predictor: object, space: SearchSpace, data: Dataset, listen: Listener
) -> WeightPredictor:
    """A predictor of weights: itself, or the hypernetwork of a name or directory.

    Args:
        predictor: None stands for the shipped hypernetwork that fits.
        space: What is searched.
        data: On which data set.
        listen: Hears what should be known of the hypernetwork.

    Raises:
        ConfigError: It is something else.
        UnknownNameError: There is none of that name, or no shipped one fits.
        CheckpointError: It cannot be read.
    """
    if predictor is None or isinstance(predictor, str | Path):
        suited: WeightPredictor = _knower("hypernetwork")(space, data, predictor, listen=listen)
        return suited
    if isinstance(predictor, type) or not all(
        hasattr(predictor, part) for part in ("card", "predict", "embed")
    ):
        raise ConfigError(
            "expected a predictor as a name, a directory or a nas.WeightPredictor, got "
            f"{described(predictor)}",
            hint="hypernets.load reads a trained one; None takes the shipped one that fits.",
        )
    return predictor  # type: ignore[return-value]


def _is_concrete(space: type) -> TypeGuard[type[SearchSpace]]:
    return issubclass(space, SearchSpace) and not inspect.isabstract(space)


def _knower(kind: str) -> Any:
    """The function of an installed package that finds a thing of a kind by its name.

    Raises:
        ConfigError: No such package is installed.
    """
    for entry in entry_points(group=_GROUP, name=kind):
        return entry.load()
    raise ConfigError(
        f"no installed package knows the names of a {kind}",
        hint=f"Install ghn-nas with pip, or give the {kind} itself instead of its name.",
    )
