"""A data set of nodes, from features, edges and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.data.dataset import Dataset
from nas.data.given import (
    PARTS,
    check_dense,
    check_integers,
    check_name,
    check_parts,
    check_range,
    class_count,
    indices_of,
)
from nas.data.node_split import NodeSplit
from nas.errors import DataError
from nas.task.batch import UNLABELLED
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

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
    """A data set whose nodes are to be classified.

    Args:
        name: Name of the data set.
        x: Features of the nodes (N, F), dense and finite; they are not rescaled.
        edge_index: Source and target node of each edge (2, E), integers.
        labels: Classes of the nodes (N,), integers; ignored for nodes in no part.
        classes: Number of classes.
        parts: Indices of the nodes to train on, to rank on and to test on, or masks (N,).
        class_names: Names in the order of the labels.

    Raises:
        DataError: Shapes or data types do not fit, ``classes`` is not a positive whole number, a
            feature is not finite, an edge, an index or a label of a part is out of range, a part
            is empty, or a node is in two parts.
    """
    check_name(name)
    _check_tensors(name, x, edge_index, labels)
    classes = class_count(name, classes)
    check_range(f"{name!r} has edges", edge_index, len(x))
    check_parts(name, parts)
    features, edges, targets = x.float(), edge_index.long(), labels.long()
    _check_finite(name, features)
    splits = []
    seen = torch.zeros_like(targets)
    for part, given in zip(PARTS, parts, strict=True):
        nodes = indices_of(f"the {part} part of {name!r}", given, len(x), "nodes")
        check_range(f"the {part} part of {name!r} has labels", targets[nodes], classes)
        own = torch.full_like(targets, UNLABELLED)
        own[nodes] = targets[nodes]
        seen += own != UNLABELLED
        splits.append(NodeSplit(features, edges, own))
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


def _check_tensors(name: str, x: Tensor, edge_index: Tensor, labels: Tensor) -> None:
    given = {"features": x, "edges": edge_index, "labels": labels}
    check_dense(name, given)
    if x.dim() != 2 or labels.shape != (len(x),) or edge_index.shape[:-1] != (2,) or not x.numel():
        raise DataError(
            f"{name!r} needs features (N, F), edges (2, E) and labels (N,), got "
            f"{tuple(x.shape)}, {tuple(edge_index.shape)} and {tuple(labels.shape)}"
        )
    if x.is_complex():
        raise DataError(f"{name!r} needs features that are real numbers, got {x.dtype}")
    for item in ("edges", "labels"):
        check_integers(f"{name!r} needs {item} that are", given[item])


def _check_finite(name: str, features: Tensor) -> None:
    wrong = ~features.isfinite().all(1)
    if bool(wrong.any()):
        raise DataError(
            f"{name!r} has features that are not finite at {int(wrong.sum())} nodes, node "
            f"{int(wrong.nonzero()[0])} among them",
            hint="Fill or drop missing values, such as with x.nan_to_num().",
        )
