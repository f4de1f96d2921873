"""All cells of NAS-Bench-201, scored once with predicted weights, beside what they reached."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from benchmarks.ranking import table
from nas.evaluate.scorer import Estimate, Failure, ScoreConfig, Scorer
from nas.events import stage
from nas.files import write_json
from nas.space.candidate import Candidate, candidate
from nas.task.images import SCORE_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from hypernets.card import HypernetCard
    from nas.events import Listener
    from nas.space.search_space import SearchSpace

_GENERATION = 64


@dataclass(frozen=True, eq=False)
class Trained:
    """What published trainings of a cell for 200 epochs reached on CIFAR-10, from 0 to 1.

    Attributes:
        val: Accuracy on the validation split: what a search may see.
        test: Accuracy on the test split: what it is judged by.
    """

    val: float
    test: float


def published() -> dict[str, Trained]:
    """All 15,625 cells by notation."""
    val, test = table.published("c10_val200"), table.published("c10_test200")
    return {text: Trained(val[text], test[text]) for text in test}


def identity_of(card: HypernetCard, config: ScoreConfig) -> str:
    """What decides scores: the hypernetwork, its reference, the recipe and the images."""
    inputs = asdict(card) | {"measured": {}, "recipe": dict(SCORE_WEIGHTS)}
    inputs |= {"images": config.images, "calibration": config.calibration}
    text = json.dumps(inputs, sort_keys=True)
    return f"{card.name}-{blake2b(text.encode(), digest_size=4).hexdigest()}"


class ScoredSpace:
    """Estimates of all cells, in a file; isomorphic cells share theirs.

    Attributes:
        identity: Canonical hash of each cell, by notation.

    Args:
        space: One cell in each stage is enough: it tells cells apart as five do.
        cells: Notations.
        scorer: Scores what the file does not hold, at the proxy of its hypernetwork.
        identity: Tells scorers apart.
        file: Where scores are, or are to be written.
        listen: Hears of progress.
    """

    def __init__(
        self,
        space: SearchSpace,
        cells: Iterable[str],
        scorer: Scorer,
        identity: str,
        file: Path,
        listen: Listener,
    ) -> None:
        distinct: dict[str, Candidate] = {}
        self.identity: dict[str, str] = {}
        for text in cells:
            one = candidate(space, text)
            distinct.setdefault(one.hash, one)
            self.identity[text] = one.hash
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            rows = _scored(list(distinct.values()), scorer, listen)
            write_json(file, {"scorer": identity, "rows": rows})
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if document["scorer"] != identity:
            raise SystemExit(f"{file} holds scores of {document['scorer']}; choose another --out")
        self._rows: dict[str, Any] = document["rows"]

    def one_by_one(self, candidates: Sequence[Candidate]) -> Iterator[Estimate | Failure]:
        """The estimates of a :class:`nas.evaluate.Scorer`."""
        for one in candidates:
            known = self._row(one)["estimate"]
            yield Estimate(**known) if known else Failure("no finite output")

    def proxy(self, space: SearchSpace) -> SearchSpace:
        """The space itself: nothing is scored."""
        return space

    def _row(self, one: Candidate) -> dict[str, Any]:
        return dict(self._rows[self.identity[one.architecture]])


def _scored(
    distinct: Sequence[Candidate], scorer: Scorer, listen: Listener
) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    with stage(listen, "scoring all cells", len(distinct)) as progress:
        for first in range(0, len(distinct), _GENERATION):
            generation = distinct[first : first + _GENERATION]
            for one, found in zip(generation, scorer(generation), strict=True):
                rows[one.hash] = {
                    "estimate": asdict(found) if isinstance(found, Estimate) else None
                }
            progress.advance(len(rows))
    return rows
