"""Hypernetworks that have been trained already."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from benchmarks.hypernets.cost import Cost
from hypernets.cards import WEIGHTS, directory_of

if TYPE_CHECKING:
    from pathlib import Path

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.data.dataset import Dataset


def cost_of(model: GraphHyperNetwork, weights: str) -> Cost:
    """What its card and its file tell; nobody counted seconds of the processor."""
    return Cost(
        steps=model.card.training["steps"],
        params=sum(tensor.numel() for tensor in model.parameters()),
        bytes=(directory_of(weights) / WEIGHTS).stat().st_size,
    )


def folder_of(out: Path, weights: str, data: Dataset) -> Path:
    """Where verdicts on a checkpoint lie; the name tells its weights and the data apart."""
    directory = directory_of(weights)
    key = blake2b(data.fingerprint.encode(), digest_size=4)
    key.update((directory / WEIGHTS).read_bytes())
    return out / f"{data.name}-{directory.name}-{key.hexdigest()}"
