"""The state of a hypernetwork's training on disk, and the check that it fits a training."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hypernets import cards, checkpoint
from nas.config import from_mapping
from nas.errors import CheckpointError, ConfigError
from nas.files import parse_json, read_tensors, write_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor
    from torch.optim import AdamW

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.predictor.card import Card

STATE = "training.safetensors"
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
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


def save(out: Path, model: GraphHyperNetwork, optimiser: AdamW, progress: Progress) -> None:
    """Write the state of a training into its directory, atomically."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        tensors[f"model.{name}"] = parameter
        for key, value in optimiser.state.get(parameter, {}).items():
            tensors[f"{key}.{name}"] = value
    head = {"card": _identity(model.card), **asdict(progress)}
    write_tensors(out / STATE, tensors, {"progress": json.dumps(head)})


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

    state, texts = read_tensors(out / STATE, refused, next(model.parameters()).device)
    head = parse_json(texts.get("progress", ""), dict, refused)
    try:
        known = dict(head["card"])
        progress = from_mapping(Progress, {key: head[key] for key in ("step", "seconds")})
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise refused(repr(error)) from None
    _check_same(known, model.card, out, "unfinished training")
    try:
        _take_up(state, model, optimiser)
    except (KeyError, RuntimeError) as error:
        raise refused(str(error).splitlines()[0]) from None
    return progress


def _take_up(state: Mapping[str, Tensor], model: GraphHyperNetwork, optimiser: AdamW) -> None:
    """Load the tensors written by :func:`save` into a model and its optimiser."""
    parameters = list(model.named_parameters())
    model.load_state_dict({name: state[f"model.{name}"] for name, _ in parameters})
    moments = {
        index: {key: state[f"{key}.{name}"] for key in _MOMENTS}
        for index, (name, _) in enumerate(parameters)
        if f"exp_avg.{name}" in state
    }
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": moments, "param_groups": groups})


def load_finished(card: Card, out: Path) -> GraphHyperNetwork | None:
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
    _check_same(_identity(trained.card), card, out, "trained hypernetwork")
    return trained


def _check_same(found: Mapping[str, Any], card: Card, out: Path, what: str) -> None:
    """Check that the content of ``out`` belongs to this training.

    Raises:
        CheckpointError: It does not; the message names the differences.
    """
    expected = _identity(card)
    differing = [key for key in expected if found.get(key) != expected[key]]
    if differing:
        raise CheckpointError(
            f"{str(out)!r} holds another {what}; they differ in {', '.join(differing)}",
            hint=_ELSEWHERE,
        )


def _identity(card: Card) -> dict[str, Any]:
    """The settings that must agree to resume a training, as read from JSON."""
    identity = asdict(card)
    del identity["measured"], identity["reference"], identity["digest"]
    identity["training"] = {
        key: value for key, value in card.training.items() if key not in _MAY_DIFFER
    }
    plain: dict[str, Any] = json.loads(json.dumps(identity))
    return plain
