"""How long the trainings of a search will take on this machine."""

from __future__ import annotations

from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING

from nas.errors import ConfigError, InfeasibleError, counted
from nas.events import Noted
from nas.seeding import rng
from nas.space.constrained_sampling import sample_preferring
from nas.space.contained import contained
from nas.study.goals.constraints import is_feasible
from nas.study.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Collection

    from nas.events import Listener
    from nas.space.search_space import SearchSpace
    from nas.study.finalists.trainer import CandidateTrainer
    from nas.study.search_config import SearchConfig

_DRAWN = 2
"""Random architectures whose training is timed."""

_FINALS = 2
"""Trainings to the end: of the best finalist and of the best known design or baseline."""

_LONG = 600.0
"""Expected seconds of all trainings from which a note announces them."""


def timed(
    listen: Listener,
    space: SearchSpace,
    trainer: CandidateTrainer,
    config: SearchConfig,
    explored: str,
) -> Listener:
    """A listener with the time left of the search; a note announces long trainings.

    Where a network cannot be timed nothing is announced.

    Args:
        listen: Receives the events.
        space: Full-size space.
        trainer: Times the training of a few random architectures.
        config: Settings suited to the task.
        explored: Name of the stage before the trainings.
    """
    try:
        expected = training_seconds(space, trainer, config)
    except (ConfigError, InfeasibleError):
        raise
    except Exception:  # a network may be user code; its trainings report its failures
        return listen
    if not expected:
        return listen
    runs = {"train": _finals(expected)}
    if config.train_seconds is not None:
        return Timeline(listen, {explored: None, **expected}, list(expected)[:-1], runs)
    total = sum(expected.values())
    if total > _LONG:
        text = (
            f"The trainings of this search take about {duration(total)} on this machine; "
            "--train-seconds limits them, and smaller sizes of the space or a lower resolution "
            "make them faster."
        )
        listen(Noted(text=text))
    return Timeline(listen, {explored: None, **expected}, runs=runs)


def training_seconds(
    space: SearchSpace, trainer: CandidateTrainer, config: SearchConfig
) -> dict[str, float]:
    """Expected seconds of the trainings of each rung, by name of its stage; none, none.

    Args:
        space: Full-size space.
        trainer: Times the training of a few random architectures.
        config: Settings suited to the task.
    """
    rungs = config.rungs(config.n_trials)
    if not rungs:
        return {}
    names = [f"rung {number}" for number in range(1, len(rungs) + 1)]
    if config.max_epochs:
        names[-1] = "train"
    if config.train_seconds is not None:
        return dict.fromkeys(names, config.train_seconds / len(rungs))
    drawn = sample_preferring(
        space,
        _DRAWN,
        rng(config.seed, "pace"),
        partial(is_feasible, config.constraints),
    )
    with contained("the timing of a training"):
        pace = fmean(trainer.seconds_per_epoch(candidate) for candidate in drawn)
    repeated = dict.fromkeys(names, config.splits or 1) | {"train": _finals(names)}
    return {
        name: pace * repeated[name] * rung.cost for name, rung in zip(names, rungs, strict=True)
    }


def _finals(stages: Collection[str]) -> int:
    """Number of trainings to the end."""
    return _FINALS if len(stages) > 1 else 1


def duration(seconds: float) -> str:
    """Seconds in words.

    Example:
        >>> duration(40), duration(840), duration(9000)
        ('40 seconds', '14 minutes', '2.5 hours')
    """
    if seconds < 90:
        return counted(max(1, round(seconds)), "second")
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
