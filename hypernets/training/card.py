"""The card of a hypernetwork that is to be trained."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hypernets.card import HypernetCard
from hypernets.cards import VOCABULARY_VERSION
from hypernets.config import HypernetConfig
from hypernets.families import HYPERNETS
from nas.config import from_mapping
from nas.errors import ConfigError
from nas.files import digest
from nas.graph.op import Role
from nas.seeding import rng
from nas.space.candidate import sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from hypernets.training.config import HypernetTraining
    from nas.data.dataset import Dataset
    from nas.space.search_space import SearchSpace

_TILE = 64
"""Most channels of a tile for images, as in GHN-2 (Knyazev et al. 2021)."""


def card_before(
    name: str,
    space: SearchSpace,
    data: Dataset,
    hypernet: str | None,
    settings: Mapping[str, Any],
    proxy: Mapping[str, Any],
    training: HypernetTraining,
    command: str,
    start: GraphHyperNetwork | None = None,
) -> HypernetCard:
    """The card of a hypernetwork that is to be trained.

    Raises:
        ConfigError: Sizes are given beside a hypernetwork to start from, or it is for other data.
    """
    of_data = {"classes": data.task.classes, "input_gain": _input_gain(data)}
    if start is None:
        hypernet = hypernet or data.task.traits.hypernet
        sizes = {
            **_largest(space.at(**proxy), training.seed),
            **HYPERNETS.get(hypernet).settings,
            **settings,
        }
    else:
        _check_start(start, data, hypernet, settings)
        hypernet, sizes = start.card.hypernet, asdict(start.config)
    config = from_mapping(HypernetConfig, {**sizes, **of_data, **settings})
    origin = {} if start is None else {"start": _origin(start)}
    return HypernetCard(
        name=name,
        hypernet=hypernet,
        config=asdict(config),
        vocabulary=VOCABULARY_VERSION,
        space=space.name,
        proxy=dict(proxy),
        dataset=data.name,
        fingerprint=data.fingerprint,
        channels=data.task.channels,
        classes=data.task.classes,
        features=data.task.features,
        general=space.general,
        training={
            "command": command,
            **asdict(training),
            "lr": training.rate(data.task.traits),
            **origin,
        },
    )


def _check_start(
    start: GraphHyperNetwork, data: Dataset, hypernet: str | None, settings: Mapping[str, Any]
) -> None:
    if hypernet not in (None, start.card.hypernet) or settings:
        raise ConfigError(
            f"a training that starts from {start.card.name!r} has its family "
            f"({start.card.hypernet}) and sizes, got others",
            hint="Leave out the family and the settings.",
        )
    known, wanted = (
        "the nodes of a graph" if on_graph else "images"
        for on_graph in (bool(start.card.features), data.task.traits.on_graph)
    )
    if known != wanted:
        raise ConfigError(
            f"{start.card.name!r} predicts weights for {known}, but data set {data.name!r} holds "
            f"{wanted}",
            hint=f"Start from a hypernetwork for {wanted}.",
        )


def _origin(start: GraphHyperNetwork) -> dict[str, str]:
    """What identifies the weights that a training starts from."""
    return {"name": start.card.name, "digest": digest(start.state_dict())}


def _largest(space: SearchSpace, seed: int) -> dict[str, int]:
    """Channels and window of the tile: those of the largest weights of some architectures.

    A larger tile would have parts that training never uses, but that a larger network would
    receive. For images, channels are the outputs of convolutions, at most :data:`_TILE`: wider
    weights repeat the tile, whose cost grows with the square of its channels. For the nodes of a
    graph they are also the features of the data, each of which has its own meaning.
    """
    draw = rng(seed, "tile")
    shapes = [
        spec.shape
        for _ in range(64)
        for spec in sample(space, draw).graph.parameters().values()
        if spec.role is Role.WEIGHT
    ]
    windows = [shape for shape in shapes if len(shape) == 4]
    channels = [min(shape[0], _TILE) for shape in windows] or [max(shape[:2]) for shape in shapes]
    return {
        "max_channels": max(channels, default=1),
        "max_kernel": max((max(shape[2:]) for shape in windows), default=1),
    }


def _input_gain(data: Dataset) -> float:
    """One over the root mean square of the features of nodes; 1 for images."""
    if not data.task.traits.scales_inputs:
        return 1.0
    x, _ = data.train.whole().inputs
    return round(1 / max(float(x.square().mean().sqrt()), 1e-6), 4)
