"""A graph from arrays: features, edges, classes, and perhaps masks of the splits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from nas.data.dataset import stratified
from nas.data.formats.class_indices import NONE, class_indices
from nas.data.formats.names import EDGES
from nas.data.found import Found
from nas.data.images.ranking_split import check_fraction
from nas.data.node_dataset import make_node_dataset
from nas.errors import DataError, counted
from nas.seeding import generator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from torch import Tensor

    from nas.data.dataset import Dataset

_KEYS = {
    "x": ("x", "features", "node_features"),
    "edges": EDGES,
    "y": ("y", "labels", "label", "node_labels"),
    "train": ("train_mask", "train_masks"),
    "val": ("val_mask", "val_masks"),
    "test": ("test_mask", "test_masks"),
}
"""Accepted names of each array; the first one that is there counts."""
_MASKS = ("train", "val", "test")
_TEST, _VAL = 0.2, 0.25
"""Shares of the nodes with a class that become the test split, and of the others the ranking
split: 60, 20 and 20 %, as Chien et al. 2021 (GPR-GNN) draw them."""
_FORM = (
    "Write np.savez(file, x=features, edge_index=edges, y=classes), perhaps with train_mask, "
    "val_mask and test_mask."
)


def read_names(names: Iterable[str]) -> list[str]:
    """Those of the names that :func:`graph_dataset` reads."""
    known = {name for spelt in _KEYS.values() for name in spelt}
    return [name for name in names if name in known]


def graph_dataset(
    path: Path | str,
    arrays: Mapping[str, np.ndarray],
    *,
    name: str,
    seed: int = 0,
    resolution: int | None = None,
    val_fraction: float | None = None,
) -> Dataset:
    """A data set of the nodes of a graph.

    Nodes whose class is negative or NaN have none and are in no split. Without masks the splits
    are drawn by seed, in equal shares of each class: 20 % of the nodes for testing, then 25 %, or
    ``val_fraction``, of the others for ranking. Of several draws of the masks the first is taken.

    Args:
        path: Where they are from, for messages.
        arrays: ``x`` (N, F), ``edge_index`` (2, E) or ``edges`` (E, 2), ``y`` (N,), and perhaps
            ``train_mask``, ``val_mask`` and ``test_mask`` (N,).
        name: Name of the data set.
        seed: Seed of the splits.
        resolution: None: nodes have no resolution.
        val_fraction: Share of the nodes to train on that becomes the ranking split.

    Raises:
        DataError: Arrays are missing or do not fit each other, only some masks are given, or an
            option does not apply.
    """
    check_fraction(val_fraction)
    if resolution is not None:
        raise DataError(
            f"a resolution is for images, but {str(path)!r} is a graph", hint="Leave it out."
        )
    found = {
        key: next((arrays[name] for name in names if name in arrays), None)
        for key, names in _KEYS.items()
    }
    x, edges, y = (_given(path, key, found[key], arrays) for key in ("x", "edges", "y"))
    classes = class_indices(path, y, missing=True)
    labels = torch.from_numpy(classes.indices)
    masks = [found[part] for part in _MASKS]
    drawn = all(mask is None for mask in masks)
    notes: list[str] = []
    if drawn:
        parts = _drawn(labels, seed, _VAL if val_fraction is None else val_fraction)
    else:
        if val_fraction is not None:
            raise DataError(
                f"val_fraction={val_fraction:g} is asked for, but {str(path)!r} has masks",
                hint="Leave it out, or leave the masks out.",
            )
        parts = _masked(path, masks, labels, notes)
    edge_index = _two_rows(edges)
    data = make_node_dataset(
        name,
        torch.from_numpy(np.ascontiguousarray(x)),
        edge_index,
        labels,
        classes=len(classes.names),
        parts=parts,
        class_names=classes.names,
    )
    notes += _direction_notes(edge_index, len(labels))
    return replace(data, notes=tuple(notes), found=Found(split_off=_MASKS if drawn else ()))


def _given(
    path: Path | str, key: str, array: np.ndarray | None, arrays: Mapping[str, np.ndarray]
) -> np.ndarray:
    if array is None:
        raise DataError(
            f"{str(path)!r} has no {' or '.join(_KEYS[key])}; it holds {', '.join(arrays)}",
            hint=_FORM,
        )
    return array


def _drawn(labels: Tensor, seed: int, val: float) -> tuple[Tensor, Tensor, Tensor]:
    """Indices of the nodes to train, rank and test on."""
    known = (labels != NONE).nonzero().flatten()
    shares = ((1 - _TEST) * (1 - val), (1 - _TEST) * val, _TEST)
    train, val_part, test = stratified(labels[known], shares, generator(seed, "split"))
    return known[train], known[val_part], known[test]


def _masked(
    path: Path | str, masks: list[np.ndarray | None], labels: Tensor, notes: list[str]
) -> tuple[Tensor, Tensor, Tensor]:
    """The masks (N,) of the splits, each without nodes that have no class."""
    parts = []
    for part, mask in zip(_MASKS, masks, strict=True):
        if mask is None:
            raise DataError(
                f"{str(path)!r} has masks of some splits, but no {_KEYS[part][0]}",
                hint="Give all three, or none: the splits are then drawn by seed.",
            )
        if mask.ndim == 2 and len(labels) in mask.shape:
            draws = mask if mask.shape[1] == len(labels) else mask.T  # (draws, N)
            note = (
                f"The masks hold {counted(len(draws), 'draw')} of the splits; the first is read."
            )
            notes += [note] if note not in notes else []
            mask = draws[0]
        if mask.shape != (len(labels),):
            raise DataError(
                f"{_KEYS[part][0]} in {str(path)!r} has the shape {mask.shape}, expected "
                f"({len(labels)},)"
            )
        parts.append(torch.from_numpy(mask.astype(bool)) & (labels != NONE))
    train, val, test = parts
    return train, val, test


def _two_rows(edges: np.ndarray) -> Tensor:
    """Edges (2, E), from (2, E) or (E, 2)."""
    listed = edges.ndim == 2 and edges.shape[1] == 2 != edges.shape[0]
    return torch.from_numpy(np.ascontiguousarray(edges.T if listed else edges))


def _direction_notes(edges: Tensor, nodes: int) -> list[str]:
    """A note on edges whose reverse is missing; many files list each edge once."""
    forward = (edges[0].long() * nodes + edges[1].long()).unique()
    back = (edges[1].long() * nodes + edges[0].long()).unique()
    single = int((~torch.isin(forward, back)).sum())
    if not single:
        return []
    return [
        f"{counted(single, 'edge')} of {len(forward):,} have no reverse: messages pass from the "
        "first row to the second only. If the graph is undirected, write both directions."
    ]
