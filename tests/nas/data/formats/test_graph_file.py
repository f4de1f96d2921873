from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch_geometric.data import Data, HeteroData

from nas.data.catalog import load
from nas.data.formats.pyg_file import is_pyg_data, pyg_dataset
from nas.data.node_split import NodeSplit
from nas.errors import DataError
from tests.nas.data.graphs import communities

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset

GRAPH = communities()


def graph_of(data: Dataset) -> NodeSplit:
    assert isinstance(data.train, NodeSplit)
    return data.train


def arrays(**others: Any) -> dict[str, np.ndarray]:
    graph = graph_of(GRAPH)
    labels = np.arange(60) % 3
    return {"x": graph.x.numpy(), "edge_index": graph.edge_index.numpy(), "y": labels, **others}


def masks() -> dict[str, np.ndarray]:
    thirds = np.arange(60) // 20
    return {f"{part}_mask": thirds == at for at, part in enumerate(("train", "val", "test"))}


def saved(path: Path, given: dict[str, np.ndarray]) -> Path:
    np.savez(path / "own.npz", **given)  # type: ignore[arg-type]
    return path / "own.npz"


def test_masks_are_the_splits(tmp_path: Path) -> None:
    data = load(saved(tmp_path, arrays(**masks())))
    assert data.fingerprint == GRAPH.fingerprint
    assert (data.name, data.class_names) == ("own", ("0", "1", "2"))
    assert data.found is not None
    assert (data.found.split_off, data.notes) == ((), ())


def test_splits_are_drawn_without_masks(tmp_path: Path) -> None:
    path = saved(tmp_path, arrays())
    data = load(path)
    assert [len(part) for part in (data.train, data.val, data.test)] == [36, 12, 12]
    for part in (data.train, data.val, data.test):
        assert part.labels[part.labels >= 0].bincount().tolist() == [len(part) // 3] * 3
    assert data.fingerprint == load(path).fingerprint != load(path, seed=1).fingerprint
    assert data.found is not None
    assert data.found.split_off == ("train", "val", "test")
    assert len(load(path, val_fraction=0.5).val) == 24


def test_other_names_and_shapes(tmp_path: Path) -> None:
    """As Platonov et al. 2023 publish graphs: edges (E, 2), ten draws of the splits."""
    plain = arrays(**masks())
    draws = {
        f"{part}_masks": np.stack([plain[f"{part}_mask"]] * 10)
        for part in ("train", "val", "test")
    }
    given = {
        "node_features": plain["x"],
        "edges": plain["edge_index"].T,
        "node_labels": plain["y"],
        **draws,
    }
    data = load(saved(tmp_path, given))
    assert data.fingerprint == GRAPH.fingerprint
    assert data.notes == ("The masks hold 10 draws of the splits; the first is read.",)


def test_nodes_without_a_class_are_in_no_split(tmp_path: Path) -> None:
    labels = np.where(np.arange(60) < 30, np.arange(60) % 3, np.nan)
    data = load(saved(tmp_path, arrays(y=labels)))
    assert [len(part) for part in (data.train, data.val, data.test)] == [18, 6, 6]
    assert data.train.rows == 60
    assert data.class_names == ("0", "1", "2")


def test_edges_in_one_direction_are_noted(tmp_path: Path) -> None:
    edges = graph_of(GRAPH).edge_index.numpy()
    (note,) = load(saved(tmp_path, arrays(edge_index=edges[:, edges[0] < edges[1]]))).notes
    assert "have no reverse" in note
    assert "write both directions" in note


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x": None}, "has no x or features or node_features; it holds edge_index, y"),
        ({"y": None}, "has no y or labels"),
        ({"x": np.zeros((50, 6))}, r"features \(N, F\), edges \(2, E\) and labels \(N,\), got"),
        ({"edge_index": np.full((2, 9), 60)}, "edges from 60 to 60"),
        ({"edge_index": np.zeros((2, 9))}, "edges that are integers"),
        ({"y": np.linspace(0, 1, 60)}, "labels that are fractions"),
        ({"train_mask": np.arange(60) < 9}, "masks of some splits, but no val_mask"),
        ({f"{part}_mask": np.ones(60) for part in ("train", "val", "test")}, "share 60 nodes"),
        ({f"{part}_mask": np.ones(50) for part in ("train", "val", "test")}, r"shape \(50,\)"),
    ],
)
def test_what_is_no_graph_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    given = {key: value for key, value in arrays(**change).items() if value is not None}
    with pytest.raises(DataError, match=said):
        load(saved(tmp_path, given))


def test_options_of_images_and_of_drawn_splits_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, arrays(**masks()))
    with pytest.raises(DataError, match="a resolution is for images"):
        load(path, resolution=8)
    with pytest.raises(DataError, match="has masks"):
        load(path, val_fraction=0.5)


def pyg(**others: Any) -> Data:
    tensors = {name: torch.from_numpy(array) for name, array in arrays(**masks()).items()}
    return Data(**{**tensors, **others})


@pytest.mark.parametrize("kind", ["object", "dictionary", "in memory"])
def test_saved_graphs_of_torch_geometric(tmp_path: Path, kind: str) -> None:
    stored = {
        "object": pyg(),
        "dictionary": pyg().to_dict(),
        "in memory": (pyg().to_dict(), None, Data),
    }
    torch.save(stored[kind], tmp_path / "own.pt")
    assert load(tmp_path / "own.pt").fingerprint == GRAPH.fingerprint


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('executed')",)


@pytest.mark.parametrize("held", [Bomb(), pyg(other=Bomb()), HeteroData(), [1], torch.zeros(3)])
def test_other_objects_are_refused_with_the_line_that_writes_arrays(
    tmp_path: Path, held: object
) -> None:
    torch.save(held, tmp_path / "own.pt")
    with pytest.raises(DataError) as caught:
        load(tmp_path / "own.pt")
    assert "np.savez('graph.npz', x=data.x" in caught.value.hint


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    for content in (b"", b"none", b"PK\3\4"):
        (tmp_path / "own.pt").write_bytes(content)
        with pytest.raises(DataError, match=r"cannot read .*own\.pt"):
            load(tmp_path / "own.pt")


def test_an_object_is_taken_as_it_is() -> None:
    assert is_pyg_data(pyg())
    assert not is_pyg_data({})
    assert pyg_dataset(pyg()).fingerprint == GRAPH.fingerprint
    with pytest.raises(DataError, match="'graph' has no y or labels"):
        pyg_dataset(pyg(y=None))
