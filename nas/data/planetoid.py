"""Citation networks of Planetoid (Yang et al. 2016): Cora, CiteSeer, PubMed."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch_geometric.utils import coalesce, remove_self_loops

from nas.data.array_pickle import UNREADABLE, StoredMatrix, read_pickle
from nas.data.node_dataset import make_node_dataset
from nas.errors import DataError
from nas.files import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from nas.data.dataset import Dataset

URL = "https://raw.githubusercontent.com/kimiyoung/planetoid/master/data"
PARTS = ("x", "tx", "allx", "y", "ty", "ally", "graph", "test.index")
VALIDATION = 500
"""Size of the ranking split, which follows the training nodes in the public split."""

_TIMEOUT = 60.0
_MOST_NUMBERS, _MOST_EDGES = 2**28, 2**24
"""Limits for a dense matrix and for lists of neighbours, far above the three networks."""


@dataclass(frozen=True)
class Network:
    """One of the three citation networks.

    Attributes:
        classes: Names in the order of the labels, matched by the number of nodes of each class;
            None if these numbers were not available.
        digest: SHA-256 of all its files in the order of :data:`PARTS`; None if the published
            files were not available.
    """

    classes: tuple[str, ...] | None
    digest: str | None


NETWORKS = {
    "cora": Network(
        (
            "Theory",
            "Reinforcement Learning",
            "Genetic Algorithms",
            "Neural Networks",
            "Probabilistic Methods",
            "Case Based",
            "Rule Learning",
        ),
        "0ce1f9117972bdd087a19062d3decca8abfdfef042468c282c2b977642e057dd",
    ),
    "citeseer": Network(
        ("AI", "ML", "IR", "DB", "Agents", "HCI"),
        "cbadbc965a18fe92dd73960a02a21e4e098723aebcdbe7e03c407a3971644413",
    ),
    "pubmed": Network(None, None),
}


def load(name: str, data_dir: Path) -> Dataset:
    """A citation network with the public split: 20 nodes a class, 500 to rank on, 1,000 to test.

    The features of each node are scaled to a sum of 1. Edges run both ways, without self-loops and
    duplicates. The split is the same for every seed.

    Args:
        name: ``cora``, ``citeseer`` or ``pubmed``.
        data_dir: Folder with the files ``ind.<name>.*``, or with ``<name>/raw/`` or ``planetoid/``
            that holds them; if there are none, they are downloaded into ``planetoid/``.

    Raises:
        DataError: The files are damaged, or are missing and cannot be downloaded.
    """
    folder = _folder(name, data_dir) or _download(name, data_dir)
    try:
        content = {part: _read(folder / f"ind.{name}.{part}") for part in PARTS}
        return _dataset(name, content)
    except UNREADABLE as error:
        raise DataError(
            f"cannot read {name} from {str(folder)!r}: {error}",
            hint=f"It should hold ind.{name}.* for {', '.join(PARTS)}, as {URL} has them.",
        ) from None


def _folder(name: str, data_dir: Path) -> Path | None:
    """The folder with the files of a network; None if there is none."""
    spellings = {name, name.capitalize(), {"citeseer": "CiteSeer", "pubmed": "PubMed"}.get(name)}
    places = ["", "planetoid", *(f"{spelt}/raw" for spelt in spellings), "raw"]
    found = (data_dir / place for place in places)
    return next((folder for folder in found if (folder / f"ind.{name}.x").is_file()), None)


def _download(name: str, data_dir: Path) -> Path:
    """Download the files of a network.

    Raises:
        DataError: They cannot be downloaded, or differ from the published ones.
    """
    files: dict[str, bytes] = {}
    digest = sha256()
    for part in PARTS:
        file = f"ind.{name}.{part}"
        try:
            with urllib.request.urlopen(f"{URL}/{file}", timeout=_TIMEOUT) as answer:
                files[file] = answer.read()
        except OSError as error:
            raise DataError(
                f"no {name} in {str(data_dir)!r}, and {URL}/{file} cannot be fetched: {error}",
                hint=f"Put the files ind.{name}.* there, or name their folder with --data-dir or "
                "NAS_DATA_DIR; `digits-knn` needs no files.",
            ) from None
        digest.update(files[file])
    if NETWORKS[name].digest not in (None, digest.hexdigest()):
        raise DataError(f"the files of {name} fetched from {URL} are not those expected")
    folder = data_dir / "planetoid"
    for file, content in reversed(files.items()):  # .x comes last: it marks a complete folder
        write_bytes(folder / file, content)
    return folder


def _read(file: Path) -> Any:
    content = file.read_bytes()
    if file.suffix == ".index":
        return np.array(content.split(), dtype=np.int64)
    return read_pickle(content, encoding="latin1")


def _dataset(name: str, content: dict[str, Any]) -> Dataset:
    listed = torch.from_numpy(content["test.index"])
    known = len(content["ally"])
    nodes = max(len(content["graph"]), int(listed.max()) + 1)
    _check_size(nodes, content["x"].shape[1])
    # nodes that no file describes have no features; they are in no split, so any label will do
    x = torch.zeros(nodes, content["x"].shape[1])
    x[:known] = _dense(content["allx"])
    x[listed] = _dense(content["tx"])
    labels = torch.zeros(nodes, dtype=torch.long)
    labels[:known] = _dense(content["ally"]).argmax(1)
    labels[listed] = _dense(content["ty"]).argmax(1)
    train = len(content["y"])
    return make_node_dataset(
        name,
        x / x.sum(1, keepdim=True).clamp_min(1e-12),
        _edges(content["graph"], nodes),
        labels,
        classes=content["y"].shape[1],
        parts=(torch.arange(train), torch.arange(train, train + VALIDATION), listed),
        class_names=NETWORKS[name].classes,
    )


def _dense(matrix: Any) -> Tensor:
    """A matrix, sparse or not, as float32."""
    _check_size(*matrix.shape)
    full = matrix.dense() if isinstance(matrix, StoredMatrix) else matrix
    return torch.from_numpy(np.asarray(full, dtype=np.float32))


def _check_size(rows: int, columns: int) -> None:
    if rows * columns > _MOST_NUMBERS:
        raise ValueError(
            f"expected at most {_MOST_NUMBERS:,} numbers in a matrix, got {rows:,} x {columns:,}"
        )


def _edges(graph: dict[int, list[int]], nodes: int) -> Tensor:
    """Edges (2, E) from lists of neighbours."""
    count = sum(map(len, graph.values()))
    if count > _MOST_EDGES:
        raise ValueError(f"expected at most {_MOST_EDGES:,} edges, got {count:,}")
    source = [node for node, neighbours in graph.items() for _ in neighbours]
    target = list(chain.from_iterable(graph.values()))
    both, _ = remove_self_loops(torch.tensor([source, target]))
    if both.numel() and not 0 <= int(both.min()) <= int(both.max()) < nodes:
        raise ValueError(f"expected neighbours from 0 to {nodes - 1}")
    edges: Tensor = coalesce(both, num_nodes=nodes)
    return edges
