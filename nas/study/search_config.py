"""The settings of a search."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.config import check_kinds
from nas.errors import ConfigError, nearest
from nas.evaluate.scorer import ScoreConfig
from nas.study.finalists.rungs import affordable, plan
from nas.study.finalists.start_policy import CHOICES as START_CHOICES
from nas.study.goals.constraints import parse_constraints
from nas.study.goals.objectives import Objective, parse_objectives
from nas.study.record.storage import describe
from nas.study.samplers.registry import name_of
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.training.recipes.choice import AUTO as FITTING
from nas.training.recipes.choice import recipe_for, recipe_name
from nas.training.recipes.recipe import RECIPES
from nas.training.starts.start import AUTO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optuna.samplers import BaseSampler

    from nas.data.dataset import Dataset
    from nas.study.finalists.rungs import Rung
    from nas.study.goals.constraints import Constraint
    from nas.study.record.storage import StorageLike
    from nas.training.config import TrainConfig


_AS_TIME_ALLOWS = 64
"""Finalists under a time limit, which ends the first rung before all are trained."""

_IMAGES = KINDS.get(IMAGE_CLASSIFICATION)
"""The kind of task whose usual lengths apply until a task is known."""


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """All settings of a search, checked.

    Attributes:
        n_trials: Number of distinct candidates to score, earlier calls included.
        objectives: ``NAME:max|min`` of figures (:data:`nas.study.goals.figure.FIGURES`).
        constraints: ``NAME<=NUMBER`` or ``NAME>=NUMBER`` on figures known from the graph.
        sampler: Name of a sampler in :data:`nas.study.SAMPLERS`, or a sampler of Optuna, of which
            a copy is used; see :func:`nas.study.make_sampler`.
        storage: Where the study is kept: a URL, a file ending in ``.journal``, or an open Optuna
            storage; by default ``study.journal`` in the run folder, or memory if there is none.
        study_name: Name of the study in the storage; by default that of space and data set.
        seed: Fixes candidates and training.
        generation: Number of candidates scored as one batch.
        timeout: Seconds after which no new generation starts; a running one has 10 more.
        finalists: Number of architectures to train briefly; by default 6, on a graph 24, or as
            many as the budget allows. With 0 the score alone decides.
        finalist_epochs: Length of that training; by default 3, on a graph 30.
        max_epochs: Length of the final training, by default 30, on a graph 300; 0 leaves it out.
        founders: Number of finalists that the ranking chooses; mutants of the best follow unless
            a ranking has proved itself. By default 8, on a graph 12.
        reduction: The best ``1 / reduction`` of a rung are trained ``reduction`` times as long,
            from the initial weights, until one is left or the final training is next; see
            :func:`nas.study.finalists.rungs.plan`.
        train_seconds: Seconds that all trainings may take, in place of ``budget``; each rung ends
            when its share is used up, final trainings always finish.
        recipe: Settings of the trainings but for their length, by name
            (:data:`nas.training.recipes.RECIPES`); ``auto`` takes the one for the kind of task
            and the number of training samples.
        init: Start of the trainings (:data:`nas.training.starts.STARTS`); ``auto`` starts from the
            usual weights, and compares further starts in the final training if that is cheap.
        budget: Epochs that all trainings together may take; it sets the number of finalists, in
            place of ``finalists``.
        splits: Draws of the ranking split on which each brief training is repeated; the mean
            accuracy ranks. By default 1; 3 if a folder has fewer than 500 images to train and
            rank on and its ranking split is drawn by seed. Final trainings use one split.
        scoring: Amount of data for scoring candidates.
        out: The run folder.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:<index>``.

    Example:
        >>> SearchConfig(n_trials=500, constraints="params<=2e6").constraints
        (Constraint(name='params', relation='<=', limit=2000000.0),)
    """

    n_trials: int = 200
    objectives: tuple[Objective, ...] = (Objective("score", "maximize"),)
    constraints: tuple[Constraint, ...] = ()
    sampler: str | BaseSampler = "evolution"
    storage: StorageLike | None = None
    study_name: str | None = None
    seed: int = 0
    generation: int = 32
    timeout: float | None = None
    finalists: int | None = None
    finalist_epochs: int | None = None
    max_epochs: int | None = None
    founders: int | None = None
    reduction: int = 3
    budget: float | None = None
    splits: int | None = None
    train_seconds: float | None = None
    recipe: str = FITTING
    init: str = AUTO
    scoring: ScoreConfig = field(default_factory=ScoreConfig)
    out: Path | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        parsed = {
            "objectives": parse_objectives(_several(self.objectives)),
            "constraints": parse_constraints(_several(self.constraints)),
            "out": None if self.out is None else Path(self.out),
        }
        for name, value in parsed.items():
            object.__setattr__(self, name, value)
        check_kinds(self)
        for name in ("n_trials", "generation", "finalist_epochs", "founders", "splits"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}")
        for name in ("finalists", "max_epochs"):
            if (getattr(self, name) or 0) < 0:
                raise ConfigError(f"{name} must not be negative, got {getattr(self, name)}")
        if self.reduction < 2:
            raise ConfigError(f"the reduction factor must be at least 2, got {self.reduction}")
        for name in ("timeout", "train_seconds"):
            seconds = getattr(self, name)
            if seconds is not None and not seconds > 0:
                raise ConfigError(f"{name} must be positive, got {seconds:g} seconds")
        if self.recipe != FITTING:
            RECIPES.get(self.recipe)
        if self.init not in START_CHOICES:
            raise ConfigError(
                f"unknown start {self.init!r}. {nearest(self.init, START_CHOICES)}".rstrip(),
                hint=f"Known: {', '.join(START_CHOICES)}.",
            )
        if self.budget is not None:
            self._check_budget(self.budget)
        name_of(self.sampler)

    @property
    def finalist_count(self) -> int:
        """Number of finalists: as given, or as many as the budget allows without baselines."""
        return self._finalists_beside(0)

    def training(self, data: Dataset) -> TrainConfig:
        """Settings of the trainings; each has its own length.

        Raises:
            ConfigError: The recipe does not suit the task.
        """
        training = recipe_for(self.recipe, data).training(data)
        training.check_suits(data.task.traits)
        return training

    def suited(self, data: Dataset) -> SearchConfig:
        """A copy whose recipe fits the data, with the usual finalists and training lengths."""
        kind = data.task.traits
        usual = None
        if self.budget is None:
            usual = kind.finalists if self.train_seconds is None else _AS_TIME_ALLOWS
        return replace(
            self,
            finalists=usual if self.finalists is None else self.finalists,
            finalist_epochs=(
                kind.brief_epochs if self.finalist_epochs is None else self.finalist_epochs
            ),
            founders=kind.founders if self.founders is None else self.founders,
            max_epochs=kind.full_epochs if self.max_epochs is None else self.max_epochs,
            recipe=recipe_name(self.recipe, data),
        )

    def rungs(self, candidates: int, baselines: int = 0) -> tuple[Rung, ...]:
        """The planned trainings, without those of baselines.

        Args:
            candidates: Number of architectures to choose finalists from.
            baselines: Number of baselines whose trainings the budget also covers.
        """
        finalists = min(self._finalists_beside(baselines), candidates)
        return plan(finalists, *self._lengths, self.reduction)

    def _finalists_beside(self, baselines: int) -> int:
        if self.budget is None:
            return _IMAGES.finalists if self.finalists is None else self.finalists
        return affordable(self.budget, *self._lengths, self.reduction, baselines, self.splits or 1)

    @property
    def _lengths(self) -> tuple[int, int]:
        """Epochs of a brief and of the full training; by default those usual for images."""
        return (
            _IMAGES.brief_epochs if self.finalist_epochs is None else self.finalist_epochs,
            _IMAGES.full_epochs if self.max_epochs is None else self.max_epochs,
        )

    def to_dict(self) -> dict[str, Any]:
        """The settings as a JSON object, without passwords."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {
            "objectives": [str(objective) for objective in self.objectives],
            "constraints": [str(constraint) for constraint in self.constraints],
            "storage": None if self.storage is None else describe(self.storage),
            "sampler": name_of(self.sampler),
            "scoring": asdict(self.scoring),
            "finalists": self.finalist_count,
            "out": None if self.out is None else str(self.out),
        }

    def _check_budget(self, budget: float) -> None:
        if self.finalists is not None:
            raise ConfigError(
                f"finalists and budget exclude each other, got {self.finalists} and {budget:g}",
                hint="Give one of them: a budget chooses the number of finalists.",
            )
        if self.train_seconds is not None:
            raise ConfigError(
                f"train_seconds and budget exclude each other, got {self.train_seconds:g} and "
                f"{budget:g}",
                hint="Limit the trainings by their time or by their epochs.",
            )
        if not (math.isfinite(budget) and budget > 0):
            raise ConfigError(f"budget must be a positive number of epochs, got {budget:g}")
        self._finalists_beside(0)


def _several(given: Any) -> Sequence[Any]:
    """A single value as a sequence of one."""
    return given if isinstance(given, list | tuple) else (given,)
