"""Small data and networks, for tests of training and export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.data.dataset import Dataset, from_images
from nas.graph.builder import GraphBuilder

if TYPE_CHECKING:
    from nas.graph.graph import Graph


def toy_data(*, images: int = 96, flip: bool = True, seed: int = 0) -> Dataset:
    """Random 8x8 pictures of three classes; class ``k`` is brighter in channel ``k``."""
    draw = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 160, (images, 3, 8, 8), generator=draw, dtype=torch.uint8)
    labels = torch.arange(images) % 3
    pixels[torch.arange(images), labels] += 80
    third = images // 3
    parts = tuple(torch.arange(third) + start for start in (0, third, 2 * third))
    return from_images("toy", pixels, labels, classes=3, parts=parts, flip=flip)  # type: ignore[arg-type]


def toy_graph(*, prefix: str = "block", width: int = 6) -> Graph:
    """Convolution, batch norm, dropout and a head."""
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    with b.scope(prefix):
        x = b.dropout(b.relu(b.batch_norm(b.conv2d(x, width))), 0.2)
    return b.build(b.classifier(x, 3))
