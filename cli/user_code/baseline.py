"""Baselines as users name them: Python, a network of torchvision, a graph file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nas.space.candidate import Candidate
    from nas.task.task import Task

_TORCHVISION = "torchvision"


def read_baselines(texts: Iterable[str], task: Task) -> dict[str, Candidate]:
    """The baselines of a search by short names.

    Args:
        texts: ``MODEL.py:factory`` as ``nas predict`` takes it, ``torchvision:NAME``, a graph as
            JSON, or the folder of a finished search or training.
        task: The task of the search.

    Raises:
        ConfigError: It names no network for the task.
        ImportingError: The user's code fails.
        GraphError: A file holds no graph.
    """
    from nas.study.baselines import baselines_of

    return baselines_of(dict(_named(text, task) for text in texts), task)


def _named(text: str, task: Task) -> tuple[str, Callable[[], Any]]:
    """The short name of a baseline, and a function that makes it."""
    from cli.user_code.module_factory import is_factory, make_module
    from nas.exporting.graph_file import read_graph_file

    place, _, call = text.partition(":")
    if place == _TORCHVISION:
        factory = f"torchvision.models:{call}(num_classes={task.classes}, weights=None)"
        return call, partial(make_module, factory)
    if is_factory(text):
        return text.rpartition(":")[2], partial(make_module, text)
    return Path(text).stem, partial(read_graph_file, Path(text))
