"""A custom search space from a user's function."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from torch import nn

from nas.errors import ConfigError, ImportingError, described
from nas.graph.graph import Graph
from nas.graph.ops.layer import Layer
from nas.graph.ops.parameter import Constant
from nas.importers.from_module import from_module
from nas.modules.own_module import OwnModule
from nas.raised import definition, fits
from nas.seeding import derive, seeded
from nas.space.asked_trial import AskedTrial
from nas.space.recent_graphs import RecentGraphs
from nas.space.search_space import SearchSpace
from nas.space.trial import ReplayTrial
from nas.task.task import check_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.importers.imported import Imported
    from nas.space.search_space import Params
    from nas.space.trial import Trial
    from nas.task.task import Task

    Build = Callable[[Trial, Task], nn.Module | Graph]


_EXPECTED = "expected a function build(trial, task) that builds a network"


def own_space(
    build: Build, task: Task, *, name: str = "", source: str = "", build_seconds: float = 60.0
) -> SearchSpace:
    """A custom space: the architectures that a user's function builds.

    The parameters are those that the function suggests; the notation is a JSON object of them.

    Args:
        build: Takes a trial (``suggest_categorical``, ``suggest_int``, ``suggest_float``) and the
            task (``channels``, ``resolution``, ``features``, ``classes``). It returns a torch
            module for these inputs, or a graph. A module is imported as a graph for comparison
            and scoring; the module itself is trained, from its own initial weights. Equal
            choices must give equal networks: reading one takes as long as a forward pass, so the
            graphs read last are kept.
        task: The task of the networks.
        name: Name of the space; the function's name by default.
        source: Origin of the function; by default its module and name.
        build_seconds: How long building and reading one network may take.

    Raises:
        ConfigError: ``build`` is no function of a trial and the task, ``task`` is no task, or
            ``name`` is no text.

    Example:
        >>> from torch import nn
        >>> from nas.task.task import Task
        >>> def build(trial, data):
        ...     width = trial.suggest_categorical("width", [16, 32])
        ...     inputs = data.channels * data.resolution**2
        ...     layers = [nn.Flatten(), nn.Linear(inputs, width), nn.ReLU()]
        ...     return nn.Sequential(*layers, nn.Linear(width, data.classes))
        >>> space = own_space(build, Task(classes=10, channels=1, resolution=8))
        >>> [node.op.kind for node in space.graph({"width": 32}).nodes]
        ['flatten', 'linear', 'activation', 'linear']
    """
    check_task(task)
    if not isinstance(name, str):
        raise ConfigError(f"expected the name of a space as a text, got {described(name)}")
    called, module, path = _names(build)
    summary = (inspect.getdoc(build) or "a custom space").partition("\n")[0].rstrip(".")
    seconds = build_seconds
    given, place = name or called, source or f"{module}.{path}"
    others = (called, _name_in_file(build))

    @dataclass(frozen=True, kw_only=True, repr=False)
    class OwnSpace(SearchSpace):
        name: ClassVar[str] = given
        description: ClassVar[str] = summary
        source: ClassVar[str] = place
        build_seconds: ClassVar[float] = seconds
        also_called: ClassVar[tuple[str, ...]] = others
        recent: ClassVar[RecentGraphs] = RecentGraphs()

        def __repr__(self) -> str:
            return f"OwnSpace({self.name!r})"

        def build(self, trial: Trial) -> Graph:
            built = build(trial, self.task)
            if isinstance(built, Graph):
                return built
            if isinstance(trial, AskedTrial):
                return self._proposed(built, trial.trial.params)
            if isinstance(trial, ReplayTrial) and trial.may_draw:
                return self._proposed(built, trial.params)
            return _imported(built, self.task, self.name).graph

        def _proposed(self, built: nn.Module, params: Params) -> Graph:
            """The graph of what was drawn or a sampler asks for, often not for the first time."""
            known = self.recent.find(self, params)
            if known is not None:
                return known
            try:
                return _imported(built, self.task, self.name).graph
            except (ConfigError, ImportingError) as error:
                self.recent.refuse(self, params, error)
                raise

        def module(self, params: Params, seed: int) -> OwnModule | None:
            with seeded(derive(seed, "weights")):
                built, read = (build(ReplayTrial(params), self.task) for _ in range(2))
                if isinstance(built, Graph) or isinstance(read, Graph):
                    return None
                return OwnModule(built, _imported(read, self.task, self.name).names)

    return OwnSpace(task=task)


def _name_in_file(build: Build) -> str:
    """The name of a custom space after the file of its function: ``net`` for net.py:build."""
    function: Any = build.func if isinstance(build, partial) else build
    called = getattr(function, "__name__", type(function).__name__)
    code = getattr(function, "__code__", None)
    stem = called if code is None else Path(code.co_filename).stem
    return stem if called == "build" else f"{stem}-{called}"


def _names(build: object) -> tuple[str, str, str]:
    """The name of a function, that of its module, and its path in it.

    Raises:
        ConfigError: It is no function of a trial and a task.
    """
    function = build.func if isinstance(build, partial) else build
    if not callable(build) or isinstance(build, type | nn.Module):
        raise ConfigError(
            f"{_EXPECTED}, got {described(build)}",
            hint="Write one that asks trial for its choices and returns a module or a Graph.",
        )
    if not fits(build, "trial", "task"):
        raise ConfigError(
            f"{_EXPECTED}, got {definition(build)}",
            hint="It is called with a trial and with the task of the data set, in this order.",
        )
    named: Any = function if hasattr(function, "__qualname__") else type(function)
    return named.__name__, named.__module__, named.__qualname__


def _imported(built: nn.Module, task: Task, name: str) -> Imported:
    """Import a module as a graph whose tensors can all be predicted and saved.

    Raises:
        ConfigError: It is neither a module nor a graph, or it cannot be searched.
        ImportingError: The module does not run on inputs of the task.
    """
    if not isinstance(built, nn.Module):
        raise ConfigError(
            f"space {name!r} built {type(built).__name__}, expected a torch module or a Graph",
            hint="End the function with `return nn.Sequential(...)` or `return b.build(...)`.",
        )
    imported = from_module(built, task.traits.example(task.width, task.resolution))
    whole = [node.name for node in imported.graph.nodes if isinstance(node.op, Layer)]
    if whole:
        raise ConfigError(
            f"space {name!r} built a module whose part {whole[0]!r} cannot be read as a graph",
            hint="Write it without TorchScript; layers of graph networks are built with "
            "GraphBuilder.message_passing.",
        )
    if imported.batch is not None:
        raise ConfigError(
            f"space {name!r} built a module that only runs at batch size {imported.batch}",
            hint="Take the batch size from the input: x.shape[0], or flatten(1) for view(1, -1).",
        )
    fixed = [node.name for node in imported.graph.nodes if isinstance(node.op, Constant)]
    if fixed:
        raise ConfigError(
            f"space {name!r} built a module with a tensor of its own, {fixed[0]!r}",
            hint="Make it an nn.Parameter, with requires_grad=False if it is not to be learnt, or "
            "compute it from the input.",
        )
    return imported
