"""The contract of a search space."""

from __future__ import annotations

import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self, final

from optuna.trial import BaseTrial

from nas.errors import ConfigError, EncodingError, described, nearest
from nas.files import parse_json
from nas.graph.graph import Graph
from nas.graph.limits import check_size
from nas.space.asked_trial import AskedTrial
from nas.space.contained import contained
from nas.space.trial import ReplayTrial

if TYPE_CHECKING:
    from nas.modules.own_module import OwnModule
    from nas.space.recent_graphs import RecentGraphs
    from nas.space.trial import Trial
    from nas.task.task import Task

Params = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SearchSpace(ABC):
    """A set of architectures, defined by a function that builds one from suggested choices.

    Concrete spaces are frozen dataclasses whose fields, beside ``task``, are macro sizes (width,
    depth): they set the scale of every architecture and are not searched.
    Each class has a ``name``.

    Attributes:
        task: The task of the networks.
    """

    name: ClassVar[str]
    description: ClassVar[str] = ""
    """One line for listings."""
    source: ClassVar[str] = ""
    """Paper or program the space follows."""
    proxy_limits: ClassVar[Mapping[str, int | str]] = {"channels": 16, "cells": 1}
    """Largest macro sizes of the proxy, at which architectures still differ enough to be ranked:
    a number, or a word for a macro size that is not a number."""
    general: ClassVar[bool] = False
    """Whether its networks are so varied that a hypernetwork trained on them generalises to all
    spaces for the same data."""

    canonical_notation: ClassVar[bool] = False
    """Whether all parameters of one network have one notation, which decodes to the canonical
    ones."""

    build_seconds: ClassVar[float] = 60.0
    """Time limit for building one network; see :func:`nas.space.time_limit.time_limit`."""

    recent: ClassVar[RecentGraphs | None] = None
    """Graphs built lately, where building is slow; None builds each graph whenever it is asked
    for."""

    also_called: ClassVar[tuple[str, ...]] = ()
    """Other names of the same space: Python and the command line name a custom one differently."""

    task: Task = field(repr=False)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        parts = (cls.build, *vars(cls).values())
        is_base = any(getattr(part, "__isabstractmethod__", False) for part in parts)
        if not is_base and not isinstance(getattr(cls, "name", None), str):
            raise ConfigError(
                f"search space class {cls.__name__} has no name",
                hint=f'Add `name: ClassVar[str] = "{cls.__name__.lower()}"` to it.',
            )

    @abstractmethod
    def build(self, trial: Trial) -> Graph:
        """The network of the choices that ``trial`` suggests (Optuna define-by-run)."""

    def encode(self, params: Params) -> str:
        """The published notation of an architecture; by default a JSON object."""
        return json.dumps(dict(params), separators=(",", ":"))

    def decode(self, text: str) -> dict[str, Any]:
        """The parameters behind a notation; whether they fit is checked when they are built.

        Raises:
            EncodingError: The text is malformed.
        """
        return parse_json(
            text,
            dict,
            lambda why: EncodingError(f"expected a JSON object of parameters, got {text[:80]!r}"),
        )

    def training_overrides(self, params: Params) -> dict[str, Any]:
        """Settings of an architecture's training that its parameters determine.

        Returns:
            Fields of :class:`nas.training.TrainConfig` by name; others keep their defaults.
        """
        return {}

    def module(self, params: Params, seed: int) -> OwnModule | None:
        """The user's module of an architecture, freshly built, in a space that builds modules.

        Args:
            params: The architecture.
            seed: Seed of its initial values.

        Returns:
            None where the graph alone defines the network.
        """
        return None

    def known(self) -> dict[str, dict[str, Any]]:
        """Parameters of published or plain designs that the space holds, by name.

        A search compares its result with them. Only designs at the macro sizes of this space and
        for its task are among them.
        """
        return {}

    def size(self) -> int | None:
        """Number of parameter combinations, None where it is not known."""
        return None

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        """Macro sizes that suit a task, where they differ from the defaults of the fields."""
        return {}

    @final
    def proxy_sizes(self) -> dict[str, Any]:
        """Small macro sizes to predict weights at, none larger than those of this space."""
        macro = self.macro()
        return {
            name: limit if isinstance(limit, str) else min(macro[name], limit)
            for name, limit in self.proxy_limits.items()
            if name in macro
        }

    @final
    def at(self, *, resolution: int | None = None, **macro: Any) -> Self:
        """The same space at other macro sizes, sharing parameters and notation.

        Raises:
            ConfigError: The space has no such macro size, or it is out of range.
        """
        known = self.macro()
        for name in macro:
            if name not in known:
                raise ConfigError(
                    f"space {self.name!r} has no macro size {name!r}. "
                    f"{nearest(name, known)}".rstrip(),
                    hint=f"It has {', '.join(known) or 'none'}.",
                )
        task = self.task
        if resolution is not None:
            if type(resolution) is not int or resolution < 1:
                raise ConfigError(
                    f"space {self.name!r}: resolution must be a whole number of pixels, at least "
                    f"1, got {resolution!r}"
                )
            task = dataclasses.replace(task, resolution=resolution)
        return dataclasses.replace(self, task=task, **macro)

    @final
    def macro(self) -> dict[str, Any]:
        """The macro sizes by name."""
        fields = dataclasses.fields(self)
        return {field.name: getattr(self, field.name) for field in fields if field.name != "task"}

    @final
    def identity(self) -> dict[str, Any]:
        """Name, task and macro sizes as JSON holds them: they determine all networks."""
        known = {"name": self.name, "task": dataclasses.asdict(self.task), **self.macro()}
        plain: dict[str, Any] = json.loads(json.dumps(known, default=str))
        return plain

    @final
    def unusual_macro(self) -> dict[str, Any]:
        """The macro sizes that differ from the usual ones for the task."""
        usual = type(self)(task=self.task).at(**self.macro_for(self.task)).macro()
        return {name: size for name, size in self.macro().items() if usual[name] != size}

    @final
    def assemble(self, trial: Trial) -> Graph:
        """The graph that :meth:`build` returns for a trial, checked to be a network for the task.

        Args:
            trial: A trial of this package, or of Optuna.

        Raises:
            ConfigError: It is not such a network, or a choice has a value that cannot be stored.
            BuildError: :meth:`build` took too long, or tried to exit the program.
            GraphError: It exceeds the limits of :mod:`nas.graph.limits`.
        """
        asked = AskedTrial(trial) if isinstance(trial, BaseTrial) else trial
        with contained(f"build() of space {self.name!r}", self.build_seconds):
            graph: object = self.build(asked)
        where = f"build() of space {self.name!r}"
        if not isinstance(graph, Graph):
            raise ConfigError(
                f"{where} returned {type(graph).__name__}, expected a Graph",
                hint="End it with `return b.build(...)` of a GraphBuilder.",
            )
        shapes = [graph.shapes[name] for name in graph.outputs]
        if [len(shape) for shape in shapes] != [2] or shapes[0][-1] != self.task.classes:
            found = " and ".join(map(str, shapes))
            raise ConfigError(
                f"{where} gave a network with output {found}, expected scores of "
                f"{self.task.classes} classes",
                hint="End the network with nn.Linear(width, data.classes), or with "
                "`b.classifier(x, self.task.classes)` of a GraphBuilder.",
            )
        check_size(graph)
        if self.recent is not None and isinstance(trial, BaseTrial | ReplayTrial):
            self.recent.keep(self, trial.params, graph)
        return graph

    @final
    def graph(self, architecture: Params | str) -> Graph:
        """The network of given parameters or of their notation.

        Raises:
            EncodingError: The architecture is not in this space.
            ConfigError: The space builds no network for its task.
        """
        return self.replay(architecture)[1]

    @final
    def replay(self, architecture: Params | str) -> tuple[Params, Graph]:
        """All parameters of an architecture in stored form, and its network.

        Raises:
            EncodingError: The architecture is not in this space.
            ConfigError: The space builds no network for its task.
        """
        if not isinstance(architecture, str | Mapping):
            raise EncodingError(
                f"expected an architecture of space {self.name!r} as its notation or its "
                f"parameters by name, got {described(architecture)}"
            )
        params = self.decode(architecture) if isinstance(architecture, str) else architecture
        known = None if self.recent is None else self.recent.find(self, params)
        return self.rebuild(params) if known is None else (dict(params), known)

    @final
    def rebuild(self, params: Params) -> tuple[Params, Graph]:
        """As :meth:`replay`, and :meth:`build` is called even if the graph is known.

        Raises:
            EncodingError: The parameters are not those of an architecture of this space.
            ConfigError: The space builds no network for its task.
        """
        trial = ReplayTrial(params)
        graph = self.assemble(trial)
        surplus = set(params) - set(trial.params)
        if surplus:
            raise EncodingError(
                f"space {self.name!r} has no parameter {min(surplus)!r} for this architecture"
            )
        return trial.params, graph
