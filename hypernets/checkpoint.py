"""Hypernetworks on disk: safetensors beside a JSON card."""

from __future__ import annotations

from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from hypernets.card import HypernetCard
from hypernets.config import HypernetConfig
from hypernets.embedding import grown
from hypernets.features import VOCABULARY_VERSION
from hypernets.graph_hypernetwork import GraphHyperNetwork
from nas.config import from_mapping
from nas.errors import CheckpointError, ConfigError, VocabularyError, described
from nas.evaluate.score_aggregate import ScoreAggregate
from nas.files import (
    digest,
    read_json,
    read_tensor_shapes,
    read_tensors,
    write_json,
    write_tensors,
)
from nas.modules.surroundings import plain_surroundings
from nas.registry import Registry
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.task.nodes import NODE_CLASSIFICATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.files import Refusal
    from nas.graph.tensor_spec import Shape

WEIGHTS = "model.safetensors"
CARD = "card.json"
_LARGEST_PROXY = 1024
"""Largest resolution in pixels: scoring resizes all images to the resolution on a card."""
_AGAIN = "Train it again with `nas train-hypernet`."


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


def save_card(card: HypernetCard, directory: Path) -> None:
    """Write only the card into a directory, replacing an earlier card."""
    write_json(directory / CARD, asdict(card))


def directory_of(name_or_path: str | Path) -> Path:
    """The directory of a hypernetwork: itself, that of a file in it, or the shipped one's.

    Raises:
        UnknownNameError: It is neither a path nor a shipped name.
        ConfigError: It is neither a text nor a path.
    """
    if not isinstance(name_or_path, str | Path):
        raise ConfigError(
            f"expected the name or directory of a hypernetwork, got {described(name_or_path)}",
            hint="`nas hypernets` lists the names.",
        )
    path = Path(name_or_path)
    if path.suffix == ".safetensors":
        return path.parent
    return path if path.is_dir() or path.parent != Path() else shipped().get(str(path))


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
        raise CheckpointError(f"no {WEIGHTS} in {str(directory)!r}", hint=_AGAIN)

    def refused(why: str) -> CheckpointError:
        return CheckpointError(
            f"the weights in {str(directory / WEIGHTS)!r} are corrupt or of another model: {why}",
            hint=_AGAIN,
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
    if not (directory / CARD).exists():
        raise CheckpointError(
            f"expected a hypernetwork directory with {CARD} and {WEIGHTS} at {str(directory)!r}",
            hint="`nas hypernets` lists the shipped ones; `nas train-hypernet` makes one.",
        )

    def refused(why: object) -> CheckpointError:
        return CheckpointError(f"{str(directory / CARD)!r} is not a card: {why}", hint=_AGAIN)

    values = read_json(directory / CARD, dict, refused)
    try:
        card = from_mapping(HypernetCard, values)
        if card.reference:
            ScoreAggregate(card.reference, KINDS.get(_kind(card)).score_weights)
    except (ValueError, TypeError, OverflowError, ConfigError) as error:
        raise refused(error) from None
    resolution = card.proxy.get("resolution", 1)
    if type(resolution) is not int or not 1 <= resolution <= _LARGEST_PROXY:
        raise refused(f"the resolution of the proxy is {resolution!r}")
    if not 1 <= card.vocabulary <= VOCABULARY_VERSION:
        raise VocabularyError(
            f"hypernetwork {card.name!r} was trained with vocabulary version {card.vocabulary}; "
            f"this package knows versions 1 to {VOCABULARY_VERSION}",
            hint=f"{_AGAIN[:-1]}, or update this package.",
        )
    return card


def shipped() -> Registry[Path]:
    """Directories of the hypernetworks inside the package, by name."""
    found: Registry[Path] = Registry("shipped hypernetwork")
    root = Path(str(resources.files("hypernets"))) / "pretrained"
    for card in sorted(root.glob(f"*/{CARD}")):
        found.register(card.parent.name)(card.parent)
    return found


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
            hint=_AGAIN,
        ) from None
