"""Whether a search has nothing left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas.errors import counted
from nas.exporting.files import Files
from nas.study.record.study_record import TrialCounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.space.candidate import Candidate
    from nas.study.record.run_folder import RunFolder
    from nas.study.record.study_record import StudyRecord
    from nas.study.search_config import SearchConfig

_DONE = "finished"
_FORMERLY: dict[str, Any] = {"init": "auto", "baselines": [], "train_seconds": None, "splits": 1}
"""Settings of earlier versions, which did not record them."""


class Finished:
    """Notes in the record that a search with certain settings is complete.

    Args:
        config: Settings of the search.
        baselines: Architectures outside the space, by name.
        record: The record of the search.
        folder: The run folder, None if there is none.
    """

    def __init__(
        self,
        config: SearchConfig,
        baselines: Mapping[str, Candidate],
        record: StudyRecord,
        folder: RunFolder | None,
    ) -> None:
        self._config = config
        self._baselines = baselines
        self._record = record
        self._folder = folder

    def __bool__(self) -> bool:
        """Whether an earlier call has completed these settings, so that its result is shown."""
        done = self._record.read(_DONE)
        exported = self._folder is not None and Files(self._folder.best).weights.is_file()
        return (
            done is not None
            and self._explored()
            and {**_FORMERLY, **done} == self._asked()
            and (exported or not self._config.max_epochs)
        )

    def note(self) -> None:
        """Record that the search is complete."""
        if self._record.read(_DONE) != self._asked():
            self._record.write(_DONE, self._asked())

    def sentence(self) -> str:
        """The message of a search that is already complete."""
        asked, held = self._config.n_trials, self._candidates()
        more = f", more than the {asked} asked for" if held > asked else ""
        return (
            f"already finished with {counted(held, 'trial')}{more}; this is its result "
            "(choose another --out for a new search)"
        )

    def _explored(self) -> bool:
        stopped = self._record.read("stopped", {}).get("n_trials")
        return self._candidates() >= self._config.n_trials or stopped == self._config.n_trials

    def _asked(self) -> dict[str, Any]:
        candidates, config = self._candidates(), self._config
        rungs = config.rungs(candidates, len(self._baselines))
        return {
            "candidates": candidates,
            "rungs": [[rung.size, rung.epochs] for rung in rungs],
            "max_epochs": config.max_epochs,
            "init": config.init,
            "train_seconds": config.train_seconds,
            "splits": config.splits or 1,
            "baselines": sorted(baseline.hash for baseline in self._baselines.values()),
        }

    def _candidates(self) -> int:
        return TrialCounts.of(self._record.trials()).complete
