from __future__ import annotations

from typing import Any

import pytest
import torch

from nas.data.catalog import load
from nas.data.node_dataset import make_node_dataset
from nas.data.node_split import NodeSplit
from nas.data.samples import UNLABELLED
from nas.errors import DataError

X, EDGES, LABELS = torch.eye(4), torch.tensor([[0, 1], [1, 2]]), torch.tensor([0, 1, 0, 1])
PARTS = (torch.tensor([0, 1]), torch.tensor([2]), torch.tensor([3]))


def make(**changed: Any) -> Any:
    given = {"x": X, "edge_index": EDGES, "labels": LABELS, "classes": 2, "parts": PARTS}
    return make_node_dataset("toy", **{**given, **changed})


def test_parts_may_be_indices_or_masks() -> None:
    masks = tuple(torch.isin(torch.arange(4), part) for part in PARTS)
    for data in (make(), make(parts=masks)):
        assert data.train.labels.tolist() == [0, 1, UNLABELLED, UNLABELLED]
        assert (data.task.features, data.task.classes) == (4, 2)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x": X[0]}, r"needs features \(N, F\)"),
        ({"labels": LABELS[:3]}, r"needs features \(N, F\)"),
        ({"edge_index": EDGES.T.repeat(2, 1)}, r"needs features \(N, F\)"),
        ({"edge_index": torch.tensor([[0], [4]])}, "edges from 0 to 4, expected numbers from 0"),
        ({"labels": torch.tensor([0, 1, 2, 0])}, "labels from 0 to 2, expected numbers from 0"),
        ({"parts": (PARTS[0], PARTS[0], PARTS[2])}, "share 2 nodes"),
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make(**changed)


def test_the_hash_tells_features_edges_and_labels() -> None:
    seen = {
        data.fingerprint
        for data in (
            make(),
            make(x=2 * X),
            make(edge_index=EDGES.flip(0)),
            make(labels=1 - LABELS),
            make(parts=(PARTS[0], PARTS[2], PARTS[1])),
        )
    }
    assert len(seen) == 5


def test_digits_as_a_graph() -> None:
    data, other = load("digits-knn"), load("digits-knn", seed=1)
    assert isinstance(data.train, NodeSplit)
    assert isinstance(other.train, NodeSplit)
    assert (len(data.train), len(data.val), len(data.test)) == (100, 849, 848)
    for split in (data.train, data.val, data.test):
        assert split.labels[split.labels != UNLABELLED].unique().tolist() == list(range(10))
    assert torch.equal(data.train.edge_index, other.train.edge_index)
    assert data.train.nodes.tolist() != other.train.nodes.tolist()
    source, target = data.train.edge_index
    assert (source != target).all()
    known = set(map(tuple, data.train.edge_index.T.tolist()))
    assert known == {(there, here) for here, there in known}
    assert data.train.x.mean(0).abs().max() < 1e-4
    assert float(data.train.x.std()) == pytest.approx(1, abs=1e-3)
    nearest = torch.cdist(data.train.x, data.train.x).fill_diagonal_(torch.inf).argmin(1)
    assert all((int(nearest[node]), node) in known for node in range(0, 1797, 100))
