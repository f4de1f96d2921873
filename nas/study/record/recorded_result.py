"""The result of a search, read from its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nas.study.finalists.effort import Effort
from nas.study.selection.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class RecordedBest:
    """The architecture that a search hands over.

    Attributes:
        hash: Its canonical hash.
        params: Number of its parameters.
        macs: Its multiply-accumulates for one sample.
        val_accuracy: Accuracy on the ranking split; None if it was not trained.
        test_accuracy: Accuracy on the test split; None if it had no final training.
    """

    hash: str
    params: int
    macs: int
    val_accuracy: float | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class RecordedRival:
    """A rival of a search.

    Attributes:
        name: Its name.
        kind: As in :attr:`nas.study.result.RivalResult.kind`.
        hash: Its canonical hash.
    """

    name: str
    kind: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class RecordedResult:
    """What reports show of the result of a search; earlier versions lack some of it.

    Attributes:
        best: The best architecture; None if nothing was found.
        names: Names of the trained architectures by canonical hash.
        rivals: Architectures that the search had to beat.
        probes: Numbers of the probes' trials.
        probe_epochs: Length of the probes' trainings; 0 without probes.
        efforts: Effort of scoring and of each rung.
        samples: Sizes of the splits ``ranking`` and ``test``.
        trust: How well scores ranked; None if that is not on record.
        verdict: The result in sentences.
        stopped: Why the search ended early; empty if it did not.
    """

    best: RecordedBest | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    rivals: tuple[RecordedRival, ...] = ()
    probes: frozenset[int] = frozenset()
    probe_epochs: int = 0
    efforts: tuple[Effort, ...] = ()
    samples: Mapping[str, int] = field(default_factory=dict)
    trust: Trust | None = None
    verdict: tuple[str, ...] = ()
    stopped: str = ""


def recorded_result(document: Mapping[str, Any]) -> RecordedResult:
    """Read :meth:`nas.study.result.SearchResult.to_dict` again, as far as reports need it.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: The document is damaged.
    """
    probes = document.get("probes") or {}
    return RecordedResult(
        best=None if document["best"] is None else _best(document["best"]),
        names={str(one["hash"]): _name(one) for one in document["finalists"]},
        rivals=tuple(
            RecordedRival(name=str(one["name"]), kind=str(one["kind"]), hash=str(one["hash"]))
            for one in document.get("rivals", ())
        ),
        probes=frozenset(map(int, probes.get("numbers", ()))),
        probe_epochs=int(probes.get("epochs", 0)),
        efforts=tuple(map(_effort, document["rungs"])),
        samples={str(name): int(size) for name, size in document.get("samples", {}).items()},
        trust=_trust(document["trust"]) if document.get("trust") else None,
        verdict=tuple(map(str, document.get("verdict", ()))),
        stopped=str(document["stopped"]),
    )


def _best(found: Mapping[str, Any]) -> RecordedBest:
    trained = found["trained"] or {}
    return RecordedBest(
        hash=str(found["hash"]),
        params=int(found["params"]),
        macs=int(found["macs"]),
        val_accuracy=_known(trained.get("val_accuracy")),
        test_accuracy=_known(trained.get("test_accuracy")),
    )


def _name(found: Mapping[str, Any]) -> str:
    """``#78``, or the name of a baseline; earlier versions recorded only the number."""
    return str(found.get("name") or f"#{found['number']}")


def _effort(effort: Mapping[str, Any]) -> Effort:
    return Effort(
        name=str(effort["name"]),
        architectures=int(effort["architectures"]),
        epochs=int(effort["epochs"]),
        equivalent_epochs=float(effort["equivalent_epochs"]),
        splits=int(effort.get("splits", 1)),
    )


def _trust(trust: Mapping[str, Any]) -> Trust:
    intervals = {
        str(name): None if ends is None else (float(ends[0]), float(ends[1]))
        for name, ends in trust["interval"].items()
    }
    return Trust(
        probes=int(trust["probes"]),
        kendall_tau={str(name): _known(tau) for name, tau in trust["kendall_tau"].items()},
        interval=intervals,
        ranked_by=str(trust["ranked_by"]),
    )


def _known(value: Any) -> float | None:
    return None if value is None else float(value)
