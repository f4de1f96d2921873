"""Settings of the training of a hypernetwork."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.config import check_kinds
from nas.errors import ConfigError

if TYPE_CHECKING:
    from nas.task.kind import TaskKind


@dataclass(frozen=True, kw_only=True)
class HypernetTraining:
    """Configuration of the training of a hypernetwork.

    Attributes:
        steps: Optimiser steps.
        meta_batch: Architectures in a step; each sees the same images. At equal cost, many steps
            with one architecture were better here than few steps with eight.
        batch_size: Images in a step.
        lr: Peak learning rate of AdamW; warmed up, then lowered along a cosine. The task's default
            if None: 0.002, and 0.001 on a graph, where higher rates diverge.
        weight_decay: Decoupled weight decay.
        warmup: Share of the steps in which the rate rises.
        clip: Largest norm of the gradient.
        precision: ``auto`` (bf16 on CUDA), ``fp32`` or ``bf16``.
        workers: Threads that run target networks in parallel.
        half: Whether the weights are saved in 16 bits.
        seed: Seed of the initial weights, architectures, images and augmentation.
    """

    steps: int = 2000
    meta_batch: int = 1
    batch_size: int = 128
    lr: float | None = None
    weight_decay: float = 1e-2
    warmup: float = 0.05
    clip: float = 5.0
    precision: str = "auto"
    workers: int = 1
    half: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_kinds(self)
        for name in ("steps", "meta_batch", "batch_size", "workers"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.lr is not None and not 0 < self.lr < 1:
            raise ConfigError(f"lr must lie between 0 and 1, got {self.lr}")

    def rate(self, kind: TaskKind) -> float:
        """The peak learning rate for a kind of task."""
        return kind.hypernet_rate if self.lr is None else self.lr
