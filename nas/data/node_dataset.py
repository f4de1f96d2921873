"""A data set of nodes, from features, edges and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.data.dataset import Dataset
from nas.data.node_split import NodeSplit
from nas.data.samples import UNLABELLED
from nas.errors import DataError
from nas.space.task import NODE_CLASSIFICATION, Task

if TYPE_CHECKING:
    from torch import Tensor


def make_node_dataset(
    name: str,
    x: Tensor,
    edge_index: Tensor,
    labels: Tensor,
    *,
    classes: int,
    parts: tuple[Tensor, Tensor, Tensor],
    class_names: tuple[str, ...] | None = None,
) -> Dataset:
    """A task of telling the classes of nodes.

    Args:
        name: Of the data set.
        x: Features of the nodes (N, F), taken as they are.
        edge_index: From and to which node each edge runs (2, E).
        labels: Classes of the nodes (N,).
        classes: Number of classes.
        parts: Indices of the nodes to train on, to rank on and to test on, or masks (N,).
        class_names: In the order of the labels.

    Raises:
        DataError: Shapes do not fit, an edge or a label is out of range, or a node stands in two
            parts.
    """
    _check(name, x, edge_index, labels, classes)
    splits = []
    seen = torch.zeros(len(labels), dtype=torch.int)
    for part in parts:
        own = torch.full_like(labels, UNLABELLED)
        own[part] = labels[part]
        seen += own != UNLABELLED
        splits.append(NodeSplit(x.float(), edge_index.long(), own))
    if int(seen.max()) > 1:
        raise DataError(f"the splits of {name!r} share {int((seen > 1).sum())} nodes")
    return Dataset(
        name=name,
        task=Task(kind=NODE_CLASSIFICATION, classes=classes, features=x.shape[1]),
        train=splits[0],
        val=splits[1],
        test=splits[2],
        class_names=class_names,
    )


def _check(name: str, x: Tensor, edge_index: Tensor, labels: Tensor, classes: int) -> None:
    nodes = len(x)
    if x.dim() != 2 or labels.shape != (nodes,) or edge_index.shape[:-1] != (2,):
        raise DataError(
            f"{name!r} needs features (N, F), edges (2, E) and labels (N,), got "
            f"{tuple(x.shape)}, {tuple(edge_index.shape)} and {tuple(labels.shape)}"
        )
    for what, values, limit in (("edges", edge_index, nodes), ("labels", labels, classes)):
        if values.numel() and not 0 <= int(values.min()) <= int(values.max()) < limit:
            raise DataError(
                f"{name!r} has {what} from {int(values.min())} to {int(values.max())}, expected "
                f"numbers from 0 to {limit - 1}"
            )
