"""Configuration of the training of networks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from nas.config import check_kinds
from nas.errors import ConfigError
from nas.training.device import check_precision
from nas.training.schedule import warm_cosine

if TYPE_CHECKING:
    from nas.task.kind import TaskKind
    from nas.task.task import Task

CHOICES = {
    "optimiser": ("sgd", "adam", "adamw"),
    "schedule": ("cosine", "constant"),
    "keep": ("last", "best"),
}
"""Words that a setting may take."""

_LATER = {"later": True}
"""Marks settings that stored trainings do not have; these were made with their defaults."""


def _later(default: Any) -> Any:
    return field(default=default, metadata=_LATER)


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Configuration of one training; the defaults are for images.

    Attributes:
        epochs: Passes over the training samples.
        batch_size: Images in a step; a graph is always taken as a whole.
        optimiser: ``sgd`` with Nesterov momentum, ``adam``, or ``adamw``.
        lr: Peak learning rate.
        momentum: Momentum of SGD.
        weight_decay: Weight decay.
        decay_norms: Whether it also acts on norms and biases.
        label_smoothing: Share of the target spread over all classes.
        warmup: Share of the steps in which the rate rises.
        schedule: The rate after warmup: ``cosine`` down to zero, or ``constant``.
        clip: Largest norm of the gradient.
        keep: ``last`` keeps the weights of the last epoch, ``best`` those of the epoch with the
            lowest loss on the ranking split.
        patience: Epochs without a lower loss on the ranking split after which a training stops
            early; 0 for never. It needs ``keep="best"``.
        ema: Decay of the moving average of the weights, which is then kept in their place; 0 for
            no average.
        balanced: Whether each class has the same weight in the loss, however many samples it has.
        mixup: Share of the batches of images that are blended with each other.
        cutmix: Share of the batches in which parts of images are replaced by those of others.
        randaugment: Magnitude of RandAugment, below 30; 0 for none.
        drop_path: Rate at which the last residual branch is left out for a sample, earlier ones
            less often.
        temperature: Of the distillation from a teacher.
        teacher_share: Share of the distillation in the loss.
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
    decay_norms: bool = _later(True)
    patience: int = _later(0)
    ema: float = _later(0.0)
    balanced: bool = _later(False)
    mixup: float = _later(0.0)
    cutmix: float = _later(0.0)
    randaugment: int = _later(0)
    drop_path: float = _later(0.0)
    temperature: float = _later(4.0)
    teacher_share: float = _later(0.5)

    def __post_init__(self) -> None:
        check_kinds(self)
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("momentum", "label_smoothing", "warmup", "ema", "drop_path"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} must lie in [0, 1), got {getattr(self, name)}")
        for name in ("mixup", "cutmix", "teacher_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must lie in [0, 1], got {getattr(self, name)}")
        if self.mixup + self.cutmix > 1:
            raise ConfigError(
                f"mixup and cutmix are shares of the batches: {self.mixup} and {self.cutmix} are "
                "more than all"
            )
        if not 0 <= self.randaugment < 30:
            raise ConfigError(f"randaugment must lie in [0, 30), got {self.randaugment}")
        if self.patience < 0:
            raise ConfigError(f"patience must not be negative, got {self.patience}")
        for name in ("lr", "clip", "temperature"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} must be positive, got {getattr(self, name)}")
        if not self.weight_decay >= 0:
            raise ConfigError(f"weight_decay must not be negative, got {self.weight_decay}")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ConfigError(
                    f"{name} must be {' or '.join(choices)}, got {getattr(self, name)!r}"
                )
        check_precision(self.precision)
        if self.patience and self.keep != "best":
            raise ConfigError(
                "a training with patience ends some epochs after its best one, but keeps the last",
                hint="Set keep to best (--keep best).",
            )

    def identity(self) -> dict[str, Any]:
        """All settings as JSON values, those that came later only where they differ."""
        values = asdict(self)
        for one in fields(self):
            if one.metadata == _LATER and values[one.name] == one.default:
                del values[one.name]
        return values

    def check_suits(self, kind: TaskKind, *, taught: bool = False) -> None:
        """Check that all methods make sense for a kind of task.

        Args:
            kind: The kind of task.
            taught: Whether there is a teacher.

        Raises:
            ConfigError: One does not.
        """
        for name, reason in kind.unsuited.items():
            if taught if name == "teacher" else getattr(self, name):
                raise ConfigError(f"{name} cannot be used for this task: {reason}")

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
