"""What a report is made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nas.errors import NasError
from nas.exporting.files import Files
from nas.graph.graph import Graph
from nas.space.candidate import candidate

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.metric import Metric
    from nas.space.search_space import SearchSpace
    from nas.study.record.recorded_run import RecordedRun


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """A run, and what its record does not hold.

    Attributes:
        run: The record of the run.
        space: The space, which builds the networks that are drawn; None draws the best alone.
        data: The data set, of which the mistakes are shown; None leaves them out.
        without_data: Why there is no data set, as a sentence.
        command: The command line of the search.
    """

    run: RecordedRun
    space: SearchSpace | None = None
    data: Dataset | None = None
    without_data: str = ""
    command: str = ""

    @property
    def metric(self) -> Metric:
        """The measure of quality of trained networks."""
        return self.run.metric

    @property
    def has_its_data(self) -> bool:
        """Whether the data set is there, and is that of the run."""
        recorded = self.run.identity["dataset"]["fingerprint"]
        return self.data is not None and self.data.fingerprint == recorded

    def samples(self, split: str) -> int | None:
        """Number of samples of the ``ranking`` or ``test`` split; None where it is unknown."""
        return None if self.run.result is None else self.run.result.samples.get(split)

    @cached_property
    def best_graph(self) -> Graph | None:
        """The network of the exported model; None if there is none, or none that can be read."""
        if self.run.folder is None:
            return None
        file = Files(self.run.folder.best).architecture
        try:
            return Graph.from_json(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, NasError):
            return None

    def graph(self, hash_: str) -> Graph | None:
        """The network with a canonical hash; None if it cannot be built here."""
        best = self.best_graph
        if best is not None and best.hash() == hash_:
            return best
        trial = self.run.by_hash.get(hash_)
        if trial is None or self.space is None:
            return None
        try:
            found = candidate(self.space, trial.params)
            return found.network if found.hash == hash_ else None
        except Exception:  # a space may be user code, and may have changed since
            return None
