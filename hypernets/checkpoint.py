"""Hypernetworks on disk: safetensors beside a JSON card."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from hypernets.cards import (
    AGAIN,
    WEIGHTS,
    card_refusal,
    directory_of,
    read_plain_card,
    save_card,
)
from hypernets.config import HypernetConfig
from hypernets.embedding import grown
from hypernets.graph_hypernetwork import GraphHyperNetwork
from nas.config import from_mapping
from nas.errors import CheckpointError, ConfigError
from nas.evaluate.score_aggregate import ScoreAggregate
from nas.files import digest, read_tensor_shapes, read_tensors, write_tensors
from nas.modules.surroundings import plain_surroundings
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.task.nodes import NODE_CLASSIFICATION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hypernets.card import HypernetCard
    from nas.files import Refusal
    from nas.graph.tensor_spec import Shape


def save(hypernet: GraphHyperNetwork, directory: Path, *, half: bool = False) -> None:
    """Write weights and card into a directory, replacing an earlier checkpoint.

    Args:
        hypernet: The hypernetwork; its card gets the digest of the weights.
        directory: Directory of the checkpoint.
        half: Write the weights in 16 bits, half the size; loading converts them to 32 bits.
    """
    state = hypernet.state_dict()
    if half:
        state = {name: tensor.half() for name, tensor in state.items()}
    written = write_tensors(directory / WEIGHTS, state)
    hypernet.card = replace(hypernet.card, digest=written)
    save_card(hypernet.card, directory)


def load(name_or_path: str | Path) -> GraphHyperNetwork:
    """A trained hypernetwork, shipped (by name) or from a directory or the weights in it.

    Raises:
        UnknownNameError: It is neither a directory nor a shipped name.
        CheckpointError: A file is missing or corrupt.
        VocabularyError: It was trained with operations or features that this package lacks.
    """
    directory = directory_of(name_or_path)
    card = read_card(directory)
    config = _config(card, directory)
    if not (directory / WEIGHTS).exists():
        raise CheckpointError(f"no {WEIGHTS} in {str(directory)!r}", hint=AGAIN)

    def refused(why: str) -> CheckpointError:
        return CheckpointError(
            f"the weights in {str(directory / WEIGHTS)!r} are corrupt or of another model: {why}",
            hint=AGAIN,
        )

    _check_sizes(config, card, read_tensor_shapes(directory / WEIGHTS, refused), refused)
    state, _ = read_tensors(directory / WEIGHTS, refused)
    if card.digest and card.digest != digest(state):
        raise refused("they are not those of the card")
    with plain_surroundings(nn.Module()):
        hypernet = GraphHyperNetwork(config, card)
    hypernet.load_state_dict(grown(state))
    return hypernet.eval()


def _check_sizes(
    config: HypernetConfig, card: HypernetCard, shapes: Mapping[str, Shape], refused: Refusal
) -> None:
    """Check that a file holds the tensors of a hypernetwork, before memory is allocated.

    Raises:
        CheckpointError: Names or shapes of tensors differ.
    """
    if config.layers > len(shapes):
        raise refused(f"{len(shapes)} tensors are too few for {config.layers} layers")
    try:
        with torch.device("meta"):
            expected = GraphHyperNetwork(config, card)
            found = {name: torch.empty(shape) for name, shape in shapes.items()}
        expected.load_state_dict(grown(found))
    except (RuntimeError, TypeError, OverflowError) as error:  # sizes may exceed torch's limits
        first, *details = str(error).splitlines()  # a mismatch: the beginning of its details
        raise refused(" ".join([first, *(line.strip() for line in details[:1])])) from None


def read_card(directory: Path) -> HypernetCard:
    """The card in a checkpoint directory.

    Raises:
        CheckpointError: It is missing or not a card.
        VocabularyError: Its vocabulary is not known to this package.
    """
    card = read_plain_card(directory)
    try:
        if card.reference:
            ScoreAggregate(card.reference, KINDS.get(_kind(card)).score_weights)
    except (ValueError, TypeError, OverflowError, ConfigError) as error:
        raise card_refusal(directory)(str(error)) from None
    return card


def _kind(card: HypernetCard) -> str:
    """The kind of task whose networks a hypernetwork is for."""
    return NODE_CLASSIFICATION if card.features else IMAGE_CLASSIFICATION


def _config(card: HypernetCard, directory: Path) -> HypernetConfig:
    try:
        return from_mapping(HypernetConfig, card.config)
    except (TypeError, ConfigError) as error:
        raise CheckpointError(
            f"the card in {str(directory)!r} holds a configuration this package cannot read: "
            f"{error}",
            hint=AGAIN,
        ) from None
