"""The state of a hypernetwork's training on disk, and the check that it fits a training."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from hypernets import cards, checkpoint
from nas.config import from_mapping
from nas.errors import CheckpointError, ConfigError, NasError
from nas.resume import check_same, read_state, write_state

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch.optim import AdamW

    from hypernets.card import HypernetCard
    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from hypernets.ranks import Ranks

STATE = "training.safetensors"
_MAY_DIFFER = {"command", "half", "workers", "seconds", "device", "torch"}
"""Entries of a card's training that do not identify it: command, speed and device."""
_ELSEWHERE = "Choose another --out, or delete the directory."


@dataclass(frozen=True)
class Progress:
    """Progress of a training.

    Attributes:
        step: Optimiser steps taken.
        seconds: Time they took.
    """

    step: int
    seconds: float


def has_begun(out: Path) -> bool:
    """Whether a directory holds a training, finished or not."""
    return any((out / name).exists() for name in (STATE, cards.CARD, cards.WEIGHTS))


def begun_steps(out: Path) -> int | None:
    """The number of steps of the training in a directory, finished or not; None if there is none.

    What cannot be read counts as none: :func:`restore` and :func:`load_finished` say why.
    """
    with suppress(NasError, KeyError, TypeError, ValueError):
        if (out / cards.CARD).exists():
            return int(cards.read_plain_card(out).training["steps"])
        if (out / STATE).exists():
            state = read_state(out / STATE, CheckpointError, torch.device("cpu"))
            return int(state.progress["card"]["training"]["steps"])
    return None


def save(out: Path, model: GraphHyperNetwork, optimiser: AdamW, progress: Progress) -> None:
    """Write the state of a training into its directory, atomically."""
    write_state(out / STATE, model, optimiser, {"card": _identity(model.card), **asdict(progress)})


def restore(out: Path, model: GraphHyperNetwork, optimiser: AdamW) -> Progress | None:
    """Load a saved state into a model and its optimiser; None if there is none.

    Raises:
        CheckpointError: It belongs to another training, or is corrupt.
    """
    if not (out / STATE).exists():
        return None

    def refused(why: object) -> CheckpointError:
        return CheckpointError(
            f"the training state in {str(out)!r} is corrupt: {why}",
            hint="Delete the directory to start again.",
        )

    state = read_state(out / STATE, refused, next(model.parameters()).device)
    try:
        known = dict(state.progress["card"])
        progress = from_mapping(
            Progress, {key: state.progress[key] for key in ("step", "seconds")}
        )
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise refused(repr(error)) from None
    _check_same(known, model.card, f"the unfinished training in {str(out)!r}")
    state.load_into(model, optimiser)
    return progress


def load_finished(card: HypernetCard, out: Path) -> GraphHyperNetwork | None:
    """The hypernetwork of this training; None if its card or weights are not written yet.

    Raises:
        CheckpointError: ``out`` holds one of another training, or one that cannot be read.
    """
    if not all((out / name).exists() for name in (cards.CARD, cards.WEIGHTS)):
        return None
    try:
        trained = checkpoint.load(out)
    except CheckpointError as error:
        raise type(error)(error.message, hint=_ELSEWHERE) from None
    _check_same(_identity(trained.card), card, f"the hypernetwork in {str(out)!r}")
    return trained


def check_ranks(card: HypernetCard, ranks: Ranks) -> None:
    """Check that this rank has been given the training of rank 0.

    Raises:
        ConfigError: It has not; the message names the differences.
        WorkerError: Another rank has ended.
    """
    own = _identity(card)
    hint = "Give all ranks the same command and the same data."
    check_same(
        ranks.agreed(own), own, "the hypernetwork of rank 0", lambda t: ConfigError(t, hint=hint)
    )


def _check_same(found: Mapping[str, Any], card: HypernetCard, made: str) -> None:
    """Check that the content of a directory belongs to this training.

    Raises:
        CheckpointError: It does not; the message names the differences.
    """
    check_same(found, _identity(card), made, lambda text: CheckpointError(text, hint=_ELSEWHERE))


def _identity(card: HypernetCard) -> dict[str, Any]:
    """The settings that must agree to resume a training, as read from JSON."""
    identity = asdict(card)
    del identity["measured"], identity["reference"], identity["digest"]
    identity["training"] = {
        key: value for key, value in card.training.items() if key not in _MAY_DIFFER
    }
    plain: dict[str, Any] = json.loads(json.dumps(identity))
    return plain
