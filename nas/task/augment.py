"""Random changes of training samples: images moved and mirrored, parts of graphs dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.task.batch import Batch

if TYPE_CHECKING:
    from torch import Tensor


FEATURES_LEFT_OUT, EDGES_LEFT_OUT = 0.6, 0.3
"""Shares of a graph that are dropped in a training step of a hypernetwork."""


def drop_features_and_edges(batch: Batch, generator: torch.Generator) -> Batch:
    """A graph without some features and edges, for networks without dropout.

    Features of a node are zeroed at a rate of 0.6 and the others scaled up, as in dropout
    (Velickovic et al. 2018, §3.3); a share of 0.3 of the edges is dropped (Rong et al. 2020,
    DropEdge).
    """
    x, edges = batch.inputs
    places = x.nonzero(as_tuple=True)
    kept = torch.rand(len(places[0]), generator=generator).to(x.device) >= FEATURES_LEFT_OUT
    values = x[places] * kept / (1 - FEATURES_LEFT_OUT)
    sure = torch.rand(edges.shape[1], generator=generator).to(x.device) >= EDGES_LEFT_OUT
    return Batch((torch.zeros_like(x).index_put(places, values), edges[:, sure]), batch.labels)


def augment(images: Tensor, *, flip: bool, generator: torch.Generator) -> Tensor:
    """Shift each image by up to an eighth of its side and, if allowed, mirror half of them.

    Args:
        images: (B, C, H, W) on any device.
        flip: Whether a mirrored image keeps its class.
        generator: On the CPU, whatever the device.
    """
    count, _channels, height, width = images.shape
    reach = max(1, height // 8)
    padded = F.pad(images, (reach,) * 4)
    shift = torch.randint(2 * reach + 1, (2, count, 1), generator=generator).to(images.device)
    rows = shift[0] + torch.arange(height, device=images.device)  # (B, H)
    columns = shift[1] + torch.arange(width, device=images.device)  # (B, W)
    if flip:
        mirrored = torch.rand(count, 1, generator=generator).to(images.device) < 0.5
        columns = torch.where(mirrored, columns.flip(1), columns)
    batch = torch.arange(count, device=images.device)[:, None, None]
    moved = padded.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)  # (B, H, W, C) -> (B, C, H, W)
