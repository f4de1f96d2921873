from __future__ import annotations

import torch

from nas.data.node_split import NodeSplit
from nas.seeding import generator
from nas.task.batch import UNLABELLED
from tests.nas.data.graphs import communities


def split() -> NodeSplit:
    train = communities().train
    assert isinstance(train, NodeSplit)
    return train


def test_it_counts_its_own_nodes_and_runs_all() -> None:
    assert (len(split()), split().rows) == (20, 60)
    assert split().nodes.tolist() == list(range(20))


def test_a_batch_is_the_whole_graph() -> None:
    for batch in (
        split().whole(),
        split().drawn(4, generator(0)),
        *split().batches(4, generator(0), drop_last=True),
    ):
        x, edges = batch.inputs
        assert torch.equal(x, split().x)
        assert torch.equal(edges, split().edge_index)
        assert torch.equal(batch.labels, split().labels)


def test_a_spread_reaches_from_the_first_node_to_the_last() -> None:
    assert split().spread(3).nodes.tolist() == [0, 10, 19]
    assert split().spread(99).nodes.tolist() == list(range(20))


def test_a_subset_forgets_the_other_labels() -> None:
    some = split().subset(torch.tensor([2, 5]))
    assert some.nodes.tolist() == [2, 5]
    assert (some.labels == UNLABELLED).sum() == 58
    assert some.x is split().x or torch.equal(some.x, split().x)


def test_it_moves_to_a_device() -> None:
    there = split().to("meta")
    assert {tensor.device.type for tensor in there.tensors} == {"meta"}
