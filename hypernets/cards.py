"""Hypernetworks on disk as their cards describe them; nothing here needs torch."""

from __future__ import annotations

from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from hypernets.card import HypernetCard
from nas.config import from_mapping
from nas.errors import CheckpointError, ConfigError, VocabularyError, described
from nas.files import read_json, write_json
from nas.registry import Registry

if TYPE_CHECKING:
    from nas.files import Refusal

WEIGHTS = "model.safetensors"
CARD = "card.json"
VOCABULARY_VERSION = 3
"""Raised whenever a table of :mod:`hypernets.features` grows; a checkpoint states the version it
was trained with."""
_LARGEST_PROXY = 1024
"""Largest resolution in pixels: scoring resizes all images to the resolution on a card."""
AGAIN = "Train it again with `nas train-hypernet`."


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


def read_plain_card(directory: Path) -> HypernetCard:
    """The card in a checkpoint directory, its reference not checked.

    Raises:
        CheckpointError: It is missing or not a card.
        VocabularyError: Its vocabulary is not known to this package.
    """
    if not (directory / CARD).exists():
        raise CheckpointError(
            f"expected a hypernetwork directory with {CARD} and {WEIGHTS} at {str(directory)!r}",
            hint="`nas hypernets` lists the shipped ones; `nas train-hypernet` makes one.",
        )

    refused = card_refusal(directory)
    values = read_json(directory / CARD, dict, refused)
    try:
        card = from_mapping(HypernetCard, values)
    except (ValueError, TypeError, OverflowError, ConfigError) as error:
        raise refused(str(error)) from None
    resolution = card.proxy.get("resolution", 1)
    if type(resolution) is not int or not 1 <= resolution <= _LARGEST_PROXY:
        raise refused(f"the resolution of the proxy is {resolution!r}")
    if not 1 <= card.vocabulary <= VOCABULARY_VERSION:
        raise VocabularyError(
            f"hypernetwork {card.name!r} was trained with vocabulary version {card.vocabulary}; "
            f"this package knows versions 1 to {VOCABULARY_VERSION}",
            hint=f"{AGAIN[:-1]}, or update this package.",
        )
    return card


def card_refusal(directory: Path) -> Refusal:
    """Makes the error about a card that cannot be read."""

    def refused(why: str) -> CheckpointError:
        return CheckpointError(f"{str(directory / CARD)!r} is not a card: {why}", hint=AGAIN)

    return refused


def shipped() -> Registry[Path]:
    """Directories of the hypernetworks inside the package, by name."""
    found: Registry[Path] = Registry("shipped hypernetwork")
    root = Path(str(resources.files("hypernets"))) / "pretrained"
    for card in sorted(root.glob(f"*/{CARD}")):
        found.register(card.parent.name)(card.parent)
    return found
