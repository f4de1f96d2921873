"""Configuration of the training of networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.config import check_kinds
from nas.errors import ConfigError
from nas.training.device import check_precision
from nas.training.schedule import warm_cosine

if TYPE_CHECKING:
    from nas.task.task import Task

_CHOICES = {
    "optimiser": ("sgd", "adam"),
    "schedule": ("cosine", "constant"),
    "keep": ("last", "best"),
}


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Configuration of one training; the defaults are for images.

    Attributes:
        epochs: Passes over the training samples.
        batch_size: Images in a step; a graph is always taken as a whole.
        optimiser: ``sgd`` with Nesterov momentum, or ``adam``.
        lr: Peak learning rate.
        momentum: Momentum of SGD.
        weight_decay: On all parameters.
        label_smoothing: Share of the target spread over all classes.
        warmup: Share of the steps in which the rate rises.
        schedule: The rate after warmup: ``cosine`` down to zero, or ``constant``.
        clip: Largest norm of the gradient.
        keep: ``last`` keeps the weights of the last epoch, ``best`` those of the epoch with the
            lowest loss on the ranking split.
        precision: ``auto`` (bf16 on CUDA), ``fp32`` or ``bf16``.
    """

    epochs: int = 30
    batch_size: int = 64
    optimiser: str = "sgd"
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 3e-4
    label_smoothing: float = 0.1
    warmup: float = 0.1
    schedule: str = "cosine"
    clip: float = 5.0
    keep: str = "last"
    precision: str = "auto"

    def __post_init__(self) -> None:
        check_kinds(self)
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("momentum", "label_smoothing", "warmup"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} must lie in [0, 1), got {getattr(self, name)}")
        for name in ("lr", "clip"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} must be positive, got {getattr(self, name)}")
        if not self.weight_decay >= 0:
            raise ConfigError(f"weight_decay must not be negative, got {self.weight_decay}")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ConfigError(
                    f"{name} must be {' or '.join(choices)}, got {getattr(self, name)!r}"
                )
        check_precision(self.precision)

    def rate(self, step: int, steps: int) -> float:
        """Factor of the peak learning rate at ``step``, counted from 0, out of ``steps``."""
        if self.schedule == "constant":
            return min(1.0, (step + 1) / max(1, round(self.warmup * steps)))
        return warm_cosine(step, steps, self.warmup)


def default_training(task: Task, epochs: int | None = None) -> TrainConfig:
    """Default training of networks for a task; a full training if no length is given.

    See :attr:`nas.task.TaskKind.training`.
    """
    kind = task.traits
    length = kind.full_epochs if epochs is None else epochs
    return TrainConfig(**{"epochs": length, **kind.training})
