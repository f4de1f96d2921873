"""A training for tests, to be started by torchrun: ``-m tests.hypernets.shared_training OUT``.

Rank 0 writes the losses of its steps into ``losses.json`` beside the checkpoint's directory.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from hypernets.ranks import join_ranks
from hypernets.training.config import HypernetTraining
from hypernets.training.train import train_hypernet, trained_within
from nas.events import Advanced, Event
from tests.hypernets.hypernet_toys import SMALL, digits, mixed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from hypernets.ranks import Ranks

STEPS = 40
TRAINING = HypernetTraining(steps=STEPS, meta_batch=3, batch_size=64, precision="fp32", seed=2)
"""Three architectures, so that two ranks have different numbers of them."""
KINDS = ("deep", "sound", "overflowing")
"""Some losses are not finite, some parameters of the hypernetwork have no gradient."""


class Losses:
    """A listener that keeps the loss of each step, and interrupts after one of them."""

    def __init__(self, stop: int = STEPS + 1) -> None:
        self.stop = stop
        self.found: list[float] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, Advanced) and event.stage == "train-hypernet":
            self.found.append(event.metrics["loss"])
            if event.done == self.stop:
                raise KeyboardInterrupt


def train(
    out: Path, losses: Losses, ranks: Ranks | None = None, **changes: Any
) -> GraphHyperNetwork:
    """Train, with the loss of each step in place of its running mean."""
    with ExitStack() as stack:
        stack.enter_context(patch("hypernets.training.train._REPORT_EVERY", 1))
        stack.enter_context(patch("hypernets.training.train._running", lambda _, new: new))
        stack.enter_context(patch("hypernets.measure.ARCHITECTURES", 8))
        return train_hypernet(
            mixed(*KINDS),
            digits(),
            out,
            settings={**SMALL, "hidden": 16, "max_channels": 16},
            training=TRAINING,
            ranks=ranks,
            listen=losses,
            **changes,
        )


def main(out: Path, death: int, device: str = "cpu") -> None:
    """Train in this rank.

    Args:
        out: Directory of the checkpoint.
        death: The step in which rank 1 is killed; 0 for none.
        device: Where; ``cuda`` is a GPU for each rank.
    """
    losses = Losses()
    with join_ranks(device) as ranks:
        assert ranks.size == 2
        pace = 0.5 + ranks.rank  # differs between ranks
        with patch("hypernets.training.train.fmean", lambda _: pace):
            chosen = trained_within(
                10.0,
                mixed(*KINDS),
                digits(),
                out,
                TRAINING,
                settings=SMALL,
                ranks=ranks,
                device=ranks.device,
            )
        assert chosen.steps == (STEPS if out.exists() else 20)
        if death and not ranks.leads:
            steps: Iterator[int] = iter(range(STEPS))

            def share(self: Ranks, things: list[Any]) -> list[Any]:
                if next(steps) == death:
                    os.kill(os.getpid(), signal.SIGKILL)
                return things[self.rank :: self.size]

            patch("hypernets.ranks.Ranks.share", share).start()
        try:
            model = train(out, losses, ranks, device=ranks.device)
        finally:
            if ranks.leads:
                (out.parent / "losses.json").write_text(json.dumps(losses.found))
        assert not model.training
        assert bool(model.card.measured) == ranks.leads


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
