"""The architectures of a run, built again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas.errors import NasError, StudyError
from nas.evaluate.named import space_of
from nas.space.candidate import candidate
from nas.study.record.trial_reading import architecture_of
from nas.task.task import Task

if TYPE_CHECKING:
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.study.record.recorded_run import RecordedRun


def recorded_candidates(record: RecordedRun, space: Any) -> dict[str, Candidate]:
    """The architectures of the scored trials by hash.

    Args:
        record: The run.
        space: The space of the search, as :func:`nas.search` takes it.

    Raises:
        StudyError: The space does not build a network that is on record.
    """
    found = space_of(space, Task(**record.identity["space"]["task"]))
    candidates = {}
    for hash_, trial in record.by_hash.items():
        try:
            made = candidate(found, architecture_of(trial))
        except NasError as error:
            raise _other_space(found, trial.number, f": {error.message}") from None
        if made.hash != hash_:
            raise _other_space(found, trial.number)
        candidates[hash_] = made
    return candidates


def _other_space(space: SearchSpace, number: int, why: str = "") -> StudyError:
    return StudyError(
        f"space {space.name!r} does not build the network of trial {number}{why}",
        hint="Give the space as it was when the run began, with its sizes.",
    )
