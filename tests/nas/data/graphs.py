"""Small data sets of nodes, for tests."""

from __future__ import annotations

import pickle
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.sparse import csr_matrix

from nas.data.node_dataset import make_node_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset


def communities(*, nodes: int = 60, classes: int = 3, features: int = 6, seed: int = 0) -> Dataset:
    """Nodes linked within their class; feature ``k`` is larger in class ``k``, with noise."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.arange(nodes) % classes
    x = torch.rand(nodes, features, generator=draw)
    x[torch.arange(nodes), labels] += 0.5
    both = torch.randint(nodes, (2, 6 * nodes), generator=draw)
    kept = (labels[both[0]] == labels[both[1]]) & (both[0] != both[1])
    edges = torch.cat([both[:, kept], both[:, kept].flip(0)], dim=1)
    third = nodes // 3
    parts = (
        torch.arange(third),
        torch.arange(third, 2 * third),
        torch.arange(2 * third, nodes),
    )
    return make_node_dataset("communities", x, edges, labels, classes=classes, parts=parts)


def planetoid_files(directory: Path, name: str = "cora", *, gap: int = 0) -> Path:
    """Files as in Planetoid: 8 labelled, 512 more and 6 test nodes; ``gap`` are undescribed."""
    directory.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    known, tested = 520, 6
    words = (draw.random((known + tested, 5)) < 0.4).astype(np.float32)
    classes = np.eye(3, dtype=np.int32)[draw.integers(3, size=known + tested)]
    places = known + gap + draw.permutation(tested)
    neighbours = defaultdict(list)
    for source, target in draw.integers(known + tested + gap, size=(900, 2)).tolist():
        neighbours[source].append(target)
        neighbours[target].append(source)
    for node in range(known + tested + gap):
        _ = neighbours[node]
    content = {
        "x": csr_matrix(words[:8]),
        "allx": csr_matrix(words[:known]),
        "tx": csr_matrix(words[known:]),
        "y": classes[:8],
        "ally": classes[:known],
        "ty": classes[known:],
        "graph": neighbours,
    }
    for part, value in content.items():
        (directory / f"ind.{name}.{part}").write_bytes(pickle.dumps(value, protocol=2))
    (directory / f"ind.{name}.test.index").write_text("\n".join(map(str, places)) + "\n")
    return directory
