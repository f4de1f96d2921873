"""A data set of nodes, from features, edges and labels."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nas.data.dataset import Dataset
from nas.data.node_split import NodeSplit
from nas.errors import DataError
from nas.task.batch import UNLABELLED
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

_INTEGERS = (torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8)
_PARTS = ("train", "val", "test")


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
    _check_tensors(name, x, edge_index, labels)
    classes = _count(name, classes)
    _check_range(f"{name!r} has edges", edge_index, len(x))
    if len(parts) != len(_PARTS):
        raise DataError(f"{name!r} needs three parts, train, val and test, got {len(parts)}")
    features, edges, targets = x.float(), edge_index.long(), labels.long()
    _check_finite(name, features)
    splits = []
    seen = torch.zeros_like(targets)
    for part, given in zip(_PARTS, parts, strict=True):
        nodes = _nodes(f"the {part} part of {name!r}", given, len(x))
        _check_range(f"the {part} part of {name!r} has labels", targets[nodes], classes)
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


def _count(name: str, classes: int) -> int:
    """The number of classes as a plain integer, also from one of numpy or torch."""
    try:
        found = index(classes)
    except TypeError:
        found = 0
    if found < 1:
        raise DataError(f"{name!r} needs a whole number of classes from 1, got {classes!r}")
    return found


def _check_tensors(name: str, x: Tensor, edge_index: Tensor, labels: Tensor) -> None:
    given = {"features": x, "edges": edge_index, "labels": labels}
    for item, values in given.items():
        if not isinstance(values, Tensor) or values.layout != torch.strided:
            kind = values.layout if isinstance(values, Tensor) else type(values).__name__
            raise DataError(
                f"{name!r} needs {item} as a dense tensor, got {kind}",
                hint="Call .to_dense() on a sparse tensor, torch.as_tensor() on others.",
            )
    if x.dim() != 2 or labels.shape != (len(x),) or edge_index.shape[:-1] != (2,) or not x.numel():
        raise DataError(
            f"{name!r} needs features (N, F), edges (2, E) and labels (N,), got "
            f"{tuple(x.shape)}, {tuple(edge_index.shape)} and {tuple(labels.shape)}"
        )
    if x.is_complex():
        raise DataError(f"{name!r} needs features that are real numbers, got {x.dtype}")
    for item in ("edges", "labels"):
        _check_integers(f"{name!r} needs {item} that are", given[item])


def _check_integers(text: str, values: Tensor) -> None:
    if values.dtype not in _INTEGERS:
        raise DataError(
            f"{text} integers, got {values.dtype}", hint="Convert them with .long() if they are."
        )


def _check_finite(name: str, features: Tensor) -> None:
    wrong = ~features.isfinite().all(1)
    if bool(wrong.any()):
        raise DataError(
            f"{name!r} has features that are not finite at {int(wrong.sum())} nodes, node "
            f"{int(wrong.nonzero()[0])} among them",
            hint="Fill or drop missing values, such as with x.nan_to_num().",
        )


def _check_range(text: str, values: Tensor, limit: int) -> None:
    if values.numel() and not 0 <= int(values.min()) <= int(values.max()) < limit:
        raise DataError(
            f"{text} from {int(values.min())} to {int(values.max())}, expected numbers from 0 to "
            f"{limit - 1}"
        )


def _nodes(item: str, part: Tensor | Sequence[int], count: int) -> Tensor:
    """Indices (n,) of the nodes of a part, from indices or from a mask."""
    given = torch.as_tensor(part)
    if given.dtype == torch.bool:
        if given.shape != (count,):
            raise DataError(f"{item} is a mask {tuple(given.shape)}, expected ({count},)")
        given = given.nonzero().flatten()
    if not given.numel():
        raise DataError(f"{item} is empty", hint="Give at least one node to each part.")
    if given.dtype == torch.uint8 or given.dim() != 1:
        raise DataError(
            f"{item} is {given.dtype} {tuple(given.shape)}, expected indices (n,) of int64 or a "
            f"mask ({count},) of bool"
        )
    _check_integers(f"{item} needs", given)
    _check_range(f"{item} has nodes", given, count)
    return given.long()
