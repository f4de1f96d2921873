from __future__ import annotations

import torch

from benchmarks.ranking.descent import Descent
from benchmarks.ranking.untrained import untrained
from nas.graph.builder import GraphBuilder
from tests.hypernets.hypernet_toys import digits


def classifier():
    b = GraphBuilder()
    return b.build(b.classifier(b.conv2d(b.input((1, 1, 8, 8)), 4, name="conv"), 10))


def weights(graph, seed):
    return {name: tensor.requires_grad_() for name, tensor in untrained(graph, seed).items()}


def test_weights_of_other_networks_are_left_alone():
    graph = classifier()
    mine, other = weights(graph, 0), weights(graph, 1)
    descent = Descent(digits(), steps=4, batch_size=8, seed=0)
    descent.step(graph, mine)
    descent.step(graph, other)
    before = {name: tensor.detach().clone() for name, tensor in other.items()}
    descent.step(graph, mine)
    assert all(torch.equal(other[name], before[name]) for name in other)


def test_a_batch_without_a_finite_loss_is_passed_over():
    graph = classifier()
    mine = weights(graph, 0)
    with torch.no_grad():
        mine["conv.weight"].fill_(torch.nan)
    before = mine["classifier.weight"].detach().clone()
    Descent(digits(), steps=1, batch_size=8, seed=0).step(graph, mine)
    assert torch.equal(mine["classifier.weight"], before)


def test_untrained_weights_follow_from_the_seed():
    one, same, other = (untrained(classifier(), seed)["conv.weight"] for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
