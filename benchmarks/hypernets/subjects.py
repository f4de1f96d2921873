"""The networks whose parameters are predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.seeding import rng
from nas.space.candidate import sample
from search_spaces.reference.deepnets import deepnets_vit
from search_spaces.reference.resnet import resnet50

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.search_space import SearchSpace

SPLITS = ("test", "wide", "deep", "dense", "bnfree")
"""Of the benchmark: like the networks of training, and unlike them in one way each."""

_RESNET_WIDTHS = (0.5, 1, 2)
_VIT_WIDTHS = (2, 4)
"""In widths of the space; the last of each is the published one at a width of 32."""


def subjects(space: SearchSpace, count: int) -> dict[str, list[Graph]]:
    """Networks of each split, and two that were made by hand, at several widths.

    Those of ``deep`` have up to twice as many cells as those of the others.

    Args:
        space: ``deepnets`` at the scale of training.
        count: Networks of each split, always the same ones.
    """
    deeper = {"deep": {"max_cells": 2 * space.macro()["max_cells"]}}
    found = {
        split: [
            sample(scaled, rng(0, "hypernets", split, index)).graph.simplified
            for index in range(count)
        ]
        for split in SPLITS
        for scaled in [space.at(split=split, **deeper.get(split, {}))]
    }
    channels, task = space.macro()["channels"], space.task
    return {
        **found,
        "ResNet-50": [resnet50(task, width=round(w * channels)) for w in _RESNET_WIDTHS],
        "ViT": [deepnets_vit(task, width=w * channels) for w in _VIT_WIDTHS],
    }
