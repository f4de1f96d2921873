"""Figures of candidates with predicted weights, and the amount of data they are measured on."""

from __future__ import annotations

from dataclasses import dataclass

from nas.config import check_kinds
from nas.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Figures of a network at the proxy with predicted weights, on the ranking split.

    Attributes:
        accuracy: Share of samples classified correctly.
        loss: Mean cross-entropy in nats.
        brier: Mean squared distance between class probabilities and the truth, summed over the
            classes, from 0 to 2, lower better (Brier 1950). It is less sensitive than the loss to
            a single sample classified wrongly with confidence.
        readout: Error of a last layer fitted to the features in closed form, lower better; see
            :func:`nas.evaluate.readout.readout`. None in studies of earlier versions.
        naswot: Diversity of activation patterns over training samples, higher better; see
            :func:`nas.evaluate.naswot`.
        score: One number for ranking, higher better: from 0 to 1, the aggregate of Brier score,
            NASWOT, multiply-accumulates, mean and shortest path; for node classification the
            aggregate of accuracy, multiply-accumulates and mean path; see
            :class:`nas.evaluate.ScoreAggregate`.
            In a space other than that of the hypernetwork's training, random feasible
            architectures of the space are the reference, measured with the first candidates. For
            images the score is then the aggregate of multiply-accumulates, parameters, layers,
            NASWOT and read-out.
            The negative loss if the hypernetwork's card has no reference.
    """

    accuracy: float
    loss: float
    brier: float
    readout: float | None
    naswot: float
    score: float


@dataclass(frozen=True)
class Failure:
    """Why a candidate has no estimate.

    Attributes:
        reason: One line.
        of_machine: Whether another machine may do better: this one may lack a package.
    """

    reason: str
    of_machine: bool = False


@dataclass(frozen=True, kw_only=True)
class ScoreConfig:
    """Amount of data for scoring candidates.

    Attributes:
        images: Samples of the ranking split, spread evenly over it.
        calibration: Training samples for the statistics of batch norms, spread likewise. NASWOT
            uses 64 of them; with fewer, its values are not comparable.
        batch_size: Images in one forward pass; a graph is always taken as a whole.
        precision: ``auto`` (bf16 on CUDA), ``fp32`` or ``bf16``.
        workers: Threads that run networks side by side; more than one pays on a CPU only.
    """

    images: int = 384
    calibration: int = 128
    batch_size: int = 512
    precision: str = "auto"
    workers: int = 1

    def __post_init__(self) -> None:
        check_kinds(self)
        for name in ("images", "calibration", "batch_size", "workers"):
            value = getattr(self, name)
            if value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}")
