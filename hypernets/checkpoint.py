"""Hypernetworks on disk: safetensors beside a JSON card."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from hypernets.config import HypernetConfig
from hypernets.embedding import grown
from hypernets.features import VOCABULARY_VERSION
from hypernets.graph_hypernetwork import GraphHyperNetwork
from nas.config import from_mapping
from nas.errors import CheckpointError, ConfigError, VocabularyError
from nas.evaluate.blend import Blend, recipe_for
from nas.files import write_json, write_tensors
from nas.importers.surroundings import plain_surroundings
from nas.predictor.card import Card
from nas.registry import Registry
from nas.space.task import IMAGE_CLASSIFICATION, NODE_CLASSIFICATION

WEIGHTS = "model.safetensors"
CARD = "card.json"
_AGAIN = "Train it again with `nas train-hypernet`."


def save(hypernet: GraphHyperNetwork, directory: Path, *, half: bool = False) -> None:
    """Write weights and card into a directory, replacing what is there.

    Args:
        hypernet: What is saved.
        directory: Where.
        half: Write the weights in 16 bits, half the size; they are computed with in 32 again.
    """
    state = hypernet.state_dict()
    if half:
        state = {name: tensor.half() for name, tensor in state.items()}
    write_tensors(directory / WEIGHTS, state)
    save_card(hypernet.card, directory)


def save_card(card: Card, directory: Path) -> None:
    """Write the card alone into a directory, replacing the one that is there."""
    write_json(directory / CARD, asdict(card))


def directory_of(name_or_path: str | Path) -> Path:
    """The directory of a hypernetwork: itself, that of a file in it, or the shipped one's.

    Raises:
        UnknownNameError: It is neither a path nor a shipped name.
    """
    path = Path(name_or_path)
    if path.suffix == ".safetensors":
        return path.parent
    return path if path.is_dir() or path.parent != Path() else shipped().get(str(path))


def load(name_or_path: str | Path) -> GraphHyperNetwork:
    """A trained hypernetwork, shipped (by name) or from a directory or the weights in it.

    Raises:
        UnknownNameError: It is neither a directory nor a shipped name.
        CheckpointError: A file of it is missing or corrupt.
        VocabularyError: It was trained with operations or features this package lacks.
    """
    directory = directory_of(name_or_path)
    card = read_card(directory)
    config = _config(card, directory)
    with plain_surroundings(nn.Module()):
        hypernet = GraphHyperNetwork(config, card)
    try:
        hypernet.load_state_dict(grown(load_file(directory / WEIGHTS)))
    except FileNotFoundError:
        raise CheckpointError(f"no {WEIGHTS} in {str(directory)!r}", hint=_AGAIN) from None
    except (SafetensorError, RuntimeError) as error:
        raise CheckpointError(
            f"the weights in {str(directory / WEIGHTS)!r} are corrupt or of another model: "
            f"{str(error).splitlines()[0]}",
            hint=_AGAIN,
        ) from None
    return hypernet.eval()


def read_card(directory: Path) -> Card:
    """The card in a checkpoint directory.

    Raises:
        CheckpointError: It is missing or no card.
        VocabularyError: It speaks of a vocabulary this package does not know.
    """
    try:
        values: Any = json.loads((directory / CARD).read_text())
        card = from_mapping(Card, values)
        if card.reference:
            Blend(card.reference, recipe_for(_kind(card)))
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(
            f"expected a hypernetwork directory with {CARD} and {WEIGHTS} at {str(directory)!r}",
            hint="`nas hypernets` lists the shipped ones; `nas train-hypernet` makes one.",
        ) from None
    except (ValueError, TypeError, ConfigError) as error:  # neither UTF-8, nor JSON, nor a card
        raise CheckpointError(
            f"{str(directory / CARD)!r} is no card: {error}", hint=_AGAIN
        ) from None
    resolution = card.proxy.get("resolution", 1)
    if type(resolution) is not int or resolution < 1:
        raise CheckpointError(
            f"{str(directory / CARD)!r} is no card: the resolution of the proxy is {resolution!r}",
            hint=_AGAIN,
        )
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


def _kind(card: Card) -> str:
    """The kind of task whose networks a hypernetwork is for."""
    return NODE_CLASSIFICATION if card.features else IMAGE_CLASSIFICATION


def _config(card: Card, directory: Path) -> HypernetConfig:
    try:
        return from_mapping(HypernetConfig, card.config)
    except (TypeError, ConfigError) as error:
        raise CheckpointError(
            f"the card in {str(directory)!r} holds a configuration this package cannot read: "
            f"{error}",
            hint=_AGAIN,
        ) from None
