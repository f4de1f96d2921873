from __future__ import annotations

import pytest
import torch

from nas.compile.module import to_module
from nas.graph.builder import GraphBuilder
from nas.graph.ops import Dropout, DropPath, FeatureDropout
from nas.graph.ops.dropout import SparseDropout

IMAGE = (1, 8, 4, 4)


@pytest.fixture
def ones():
    torch.manual_seed(0)
    return torch.ones(400, *IMAGE[1:])


@pytest.mark.parametrize("op", [Dropout(rate=0.5), DropPath(rate=0.5), FeatureDropout(rate=0.5)])
def test_nothing_is_omitted_in_evaluation(op, ones):
    assert op.module(IMAGE).eval()(ones).equal(ones)
    assert op.forward({}, ones) is ones


@pytest.mark.parametrize(
    "op", [Dropout(rate=0.25), DropPath(rate=0.25), FeatureDropout(rate=0.25)]
)
def test_the_mean_is_kept_in_training(op, ones):
    kept = op.module(IMAGE)(ones)
    assert kept.unique().tolist() == [0.0, pytest.approx(4 / 3)]
    assert kept.mean().item() == pytest.approx(1, abs=0.1)


def test_a_dropped_path_is_dropped_for_a_whole_sample(ones):
    kept = DropPath(rate=0.5).module(IMAGE)(ones).flatten(1)
    assert (kept == kept[:, :1]).all()
    assert 100 < kept[:, 0].count_nonzero() < 300


def test_dropout_drops_elements(ones):
    kept = Dropout(rate=0.5).module(IMAGE)(ones).flatten(1)
    assert not (kept == kept[:, :1]).all(1).any()


def test_features_that_are_zero_stay_so(ones):
    ones[::2] = 0
    kept = FeatureDropout(rate=0.5).module(IMAGE)(ones)
    assert not kept[::2].any()
    assert kept[1::2].unique().tolist() == [0.0, 2.0]
    assert kept[1::2].mean().item() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("op", [DropPath(rate=0.5), FeatureDropout(rate=0.5)])
def test_gradients_flow_through_kept_paths_only(op, ones):
    ones.requires_grad_()
    kept = op.module(IMAGE)(ones)
    kept.sum().backward()
    assert ones.grad.equal(kept.detach())


def test_a_linear_map_reads_sparse_features_as_it_reads_dense_ones():
    torch.manual_seed(0)
    x = torch.randn(50, 30) * (torch.rand(50, 30) < 0.04)
    linear = torch.nn.Linear(30, 4, bias=False)
    results = []
    for sparse in (True, False):
        torch.manual_seed(1)
        kept = SparseDropout(0.5, sparse)(x)
        assert kept.is_sparse == sparse
        out = linear(kept)
        (gradient,) = torch.autograd.grad(out.square().sum(), linear.weight)
        results.append((kept.to_dense(), out, gradient))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_what_is_mostly_there_stays_dense(ones):
    assert SparseDropout(0.5, sparse=True).eval()(ones) is ones
    assert not SparseDropout(0.5, sparse=True)(ones).is_sparse


@pytest.mark.parametrize("reader", ["graph_attention", "linear", "both", "output"])
def test_only_what_reads_sparse_matrices_is_given_them(reader):
    b = GraphBuilder()
    x, edges = b.input((1, 9)), b.edge_index()
    x = b.feature_dropout(x, 0.5, name="dropped")
    heard = b.graph_attention(x, edges, "gat", 4)
    told = {"graph_attention": heard, "linear": b.linear(x, 4), "output": x}
    told["both"] = b.add(heard, told["linear"])
    module = to_module(b.build(told[reader]).simplified)
    assert module.get_submodule("dropped").sparse is (reader == "graph_attention")
    module.train()(torch.eye(40, 9), torch.tensor([[0, 1], [1, 0]]))
