"""Spaces, data sets and predictors from the arguments of users: objects or their names."""

from __future__ import annotations

import inspect
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from torch.utils.data import Dataset as MapStyle

from nas.data.catalog import load
from nas.data.dataset import Dataset
from nas.data.formats.pyg_file import is_pyg_data, pyg_dataset
from nas.data.map_style import from_map_style
from nas.errors import ConfigError, described
from nas.events import Noted
from nas.space.own_space import own_space
from nas.space.search_space import SearchSpace

if TYPE_CHECKING:
    from torch_geometric.data import Data

    from nas.events import Listener
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.task.task import Task

    UserData = str | Path | Dataset | MapStyle[Any] | Data
    """What :func:`data_of` takes."""

_GROUP = "nas.names"
"""Entry points of the packages that look up names; ``nas`` itself has no space and no
hypernetwork."""


def data_of(data: object, listen: Listener) -> Dataset:
    """A data set: the given one, one loaded by name or path, or one made of an object.

    Args:
        data: A data set, its name or path, a map-style data set of torch
            (:func:`nas.data.from_map_style`), or a ``Data`` of torch-geometric.
        listen: Receives notes on data that are read.

    Raises:
        ConfigError: The argument has a wrong type.
        UnknownNameError: There is no data set of this name.
        DataError: Its files are missing or damaged, or its samples do not fit.
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, str | Path):
        return load(data, listen=listen)
    if isinstance(data, MapStyle):
        return _noted(from_map_style(data), listen)
    if is_pyg_data(data):
        return _noted(pyg_dataset(data), listen)
    raise ConfigError(
        "expected a data set as a name, a path, a nas.Dataset, a map-style data set of torch or a "
        f"Data of torch-geometric, got {described(data)}",
        hint="nas.make_dataset makes one of images and labels in tensors.",
    )


def _noted(data: Dataset, listen: Listener) -> Dataset:
    for note in data.notes:
        listen(Noted(text=note))
    return data


def space_of(space: object, task: Task) -> SearchSpace:
    """A search space: the given one, or one made for a task from a class, name or function.

    Args:
        space: A space, a class of spaces, the name of a registered one, perhaps with sizes
            (``"nasnet:channels=8"``), or a function as :func:`nas.own_space` takes it.
        task: The task of the data set.

    Raises:
        ConfigError: The argument has a wrong type.
        UnknownNameError: There is no space of this name.
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
    """A predictor of weights: the given one, or a hypernetwork by name or directory.

    Args:
        predictor: A predictor, a name or a directory; None takes the shipped one that fits.
        space: The space that is searched.
        data: The data set of the search.
        listen: Receives notes on the hypernetwork.

    Raises:
        ConfigError: The argument has a wrong type.
        UnknownNameError: There is no hypernetwork of this name, or no shipped one fits.
        CheckpointError: The hypernetwork cannot be read.
    """
    if predictor is None or isinstance(predictor, str | Path):
        suited: WeightPredictor = _knower("hypernetwork")(space, data, predictor, listen=listen)
        return suited
    return _checked(predictor)


def module_predictor_of(predictor: object, data: Dataset, listen: Listener) -> WeightPredictor:
    """A predictor for networks outside spaces; None takes the general one shipped for the data.

    Raises:
        ConfigError: The argument has a wrong type.
        UnknownNameError: There is no hypernetwork of this name, or none is shipped for the data.
        CheckpointError: The hypernetwork cannot be read.
    """
    if predictor is None or isinstance(predictor, str | Path):
        suited: WeightPredictor = _knower("module-hypernetwork")(data, predictor, listen=listen)
        return suited
    return _checked(predictor)


def _checked(predictor: object) -> WeightPredictor:
    if isinstance(predictor, type) or not all(
        hasattr(predictor, part) for part in ("card", "predict", "embed")
    ):
        raise ConfigError(
            "expected a predictor as a name, a directory or a nas.WeightPredictor, got "
            f"{described(predictor)}",
            hint="hypernets.load reads a trained one; None takes the shipped one that fits.",
        )
    return cast("WeightPredictor", predictor)


def _is_concrete(space: type) -> TypeGuard[type[SearchSpace]]:
    return issubclass(space, SearchSpace) and not inspect.isabstract(space)


def _knower(kind: str) -> Any:
    """The function of an installed package that finds objects of a kind by name.

    Raises:
        ConfigError: No such package is installed.
    """
    for entry in entry_points(group=_GROUP, name=kind):
        return entry.load()
    raise ConfigError(
        f"no installed package knows the names of a {kind}",
        hint=f"Install ghn-nas with pip, or give the {kind} itself instead of its name.",
    )
