from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.data.catalog import load
from nas.data.node_dataset import make_node_dataset
from nas.data.node_split import NodeSplit
from nas.errors import DataError
from nas.task.batch import UNLABELLED

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
        ({"labels": torch.tensor([0, 1, 2, 0])}, "val part of 'toy' has labels from 2 to 2, exp"),
        ({"labels": torch.tensor([0, -1, 1, 0])}, "train part of 'toy' has labels from -1 to 0"),
        ({"labels": LABELS.float()}, r"needs labels that are integers, got torch\.float32"),
        ({"labels": LABELS.bool()}, r"needs labels that are integers, got torch\.bool"),
        ({"labels": LABELS.tolist()}, "needs labels as a dense tensor, got list"),
        ({"edge_index": EDGES.float()}, r"needs edges that are integers, got torch\.float32"),
        ({"x": X.to_sparse()}, r"needs features as a dense tensor, got torch\.sparse_coo"),
        ({"x": X.numpy()}, "needs features as a dense tensor, got ndarray"),
        ({"x": X.to(torch.complex64)}, "needs features that are real numbers"),
        ({"x": X.log().nan_to_num(neginf=float("nan"))}, "not finite at 4 nodes, node 0 among"),
        ({"x": X.double() * 1e300}, "not finite at 4 nodes"),
        ({"classes": 2.5}, r"needs a whole number of classes from 1, got 2\.5"),
        ({"classes": 0}, "needs a whole number of classes from 1, got 0"),
        ({"x": X[:, :0]}, r"needs features \(N, F\)"),
        ({"x": X[:0], "labels": LABELS[:0]}, r"needs features \(N, F\)"),
        ({"parts": (PARTS[0], PARTS[1][:0], PARTS[2])}, "the val part of 'toy' is empty"),
        ({"parts": (PARTS[0], PARTS[1], LABELS > 5)}, "the test part of 'toy' is empty"),
        ({"parts": (PARTS[0], LABELS[:2] > 0, PARTS[2])}, r"is a mask \(2,\), expected \(4,\)"),
        (
            {"parts": (PARTS[0], PARTS[1], torch.tensor([4]))},
            "test part of 'toy' has nodes from 4",
        ),
        ({"parts": (PARTS[0], PARTS[1], torch.tensor([-1]))}, "has nodes from -1 to -1, expected"),
        ({"parts": (PARTS[0], PARTS[1], PARTS[2].float())}, "test part of 'toy' needs integers"),
        (
            {"parts": (PARTS[0], PARTS[1], PARTS[2].byte())},
            r"is torch\.uint8 \(1,\), expected ind",
        ),
        ({"parts": PARTS[:2]}, "needs three parts, train, val and test, got 2"),
        ({"parts": (PARTS[0], PARTS[0], PARTS[2])}, "share 2 nodes"),
    ],
)
def test_data_that_does_not_fit_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make(**changed)


@pytest.mark.parametrize("outside", [-1, -100, 2, 10**6])
def test_any_label_may_stand_outside_the_parts(outside: int) -> None:
    labels = torch.tensor([0, 1, 0, outside])
    data = make(labels=labels, parts=(PARTS[0][:1], PARTS[0][1:], PARTS[1]))
    assert [split.labels.unique().tolist() for split in (data.train, data.val, data.test)] == [
        [UNLABELLED, 0],
        [UNLABELLED, 1],
        [UNLABELLED, 0],
    ]


def test_the_number_of_classes_may_be_of_numpy_or_torch() -> None:
    for number in (np.int64(2), torch.tensor(2)):
        assert make(classes=number).task == make().task


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int32])
def test_integers_of_any_width_are_the_same_data(dtype: torch.dtype) -> None:
    same = make(edge_index=EDGES.to(dtype), labels=LABELS.to(dtype))
    assert same.fingerprint == make().fingerprint
    indices = (PARTS[0].int(), [2], PARTS[2].short())
    assert make(parts=indices).fingerprint == make().fingerprint


WRONG: dict[str, list[Any]] = {
    "x": [X[:3], X * torch.nan, X * torch.inf, X.to_sparse(), X.tolist(), X[None]],
    "edge_index": [EDGES - 1, EDGES + 3, EDGES / 2, EDGES[:1], None],
    "labels": [LABELS - 1, LABELS + 1, LABELS / 1, LABELS[:, None], "0101"],
    "parts": [PARTS[:1], (*PARTS[:2], PARTS[0]), (*PARTS[:2], PARTS[2] + 1), (*PARTS[:2], [])],
}


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in WRONG.items()}))
def test_wrong_data_of_any_kind_is_refused_at_once(changed: dict[str, Any]) -> None:
    if not changed:
        return
    with pytest.raises(DataError, match="toy"):
        make(**changed)


def test_the_fingerprint_covers_features_edges_and_labels() -> None:
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
