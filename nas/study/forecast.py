"""How long the trainings of a search will take on this machine."""

from __future__ import annotations

from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING

from nas.errors import counted
from nas.events import Noted
from nas.seeding import rng
from nas.space.constrained_sampling import sample_preferring
from nas.study.goals.constraints import is_feasible
from nas.study.timeline import Timeline

if TYPE_CHECKING:
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

    Args:
        listen: Receives the events.
        space: Full-size space.
        trainer: Times the training of a few random architectures.
        config: Settings suited to the task.
        explored: Name of the stage before the trainings.
    """
    rungs = config.rungs(config.n_trials)
    if not rungs:
        return listen
    names = [f"rung {number}" for number in range(1, len(rungs) + 1)]
    if config.max_epochs:
        names[-1] = "train"
    finals = _FINALS if len(rungs) > 1 else 1
    runs = {"train": finals}
    limit = config.train_seconds
    if limit is not None:
        expected = dict.fromkeys(names, limit / len(rungs))
        return Timeline(listen, {explored: None, **expected}, names[:-1], runs)
    drawn = sample_preferring(
        space,
        _DRAWN,
        rng(config.seed, "pace"),
        partial(is_feasible, config.constraints),
    )
    pace = fmean(trainer.seconds_per_epoch(candidate) for candidate in drawn)
    repeated = dict.fromkeys(names, config.splits or 1) | runs
    expected = {
        name: pace * repeated[name] * rung.cost for name, rung in zip(names, rungs, strict=True)
    }
    total = sum(expected.values())
    if total > _LONG:
        text = (
            f"The trainings of this search take about {duration(total)} on this machine; "
            "--train-seconds limits them, and smaller sizes of the space or a lower resolution "
            "make them faster."
        )
        listen(Noted(text=text))
    return Timeline(listen, {explored: None, **expected}, runs=runs)


def duration(seconds: float) -> str:
    """Seconds in words.

    Example:
        >>> duration(40), duration(840), duration(9000)
        ('40 seconds', '14 minutes', '2.5 hours')
    """
    if seconds < 90:
        return counted(max(1, round(seconds)), "second")
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
