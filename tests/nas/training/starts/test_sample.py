from __future__ import annotations

import pytest
import torch

from nas.training.starts.sample import even, missing_classes


@pytest.mark.parametrize("order", ["sorted", "shuffled"])
def test_classes_are_drawn_evenly_whatever_the_order(order):
    labels = torch.arange(4).repeat_interleave(250)
    if order == "shuffled":
        labels = labels[torch.randperm(1000, generator=torch.Generator().manual_seed(0))]
    chosen = even(labels, 100, 0)
    assert labels[chosen].bincount().tolist() == [25] * 4
    assert len(set(chosen.tolist())) == 100


def test_a_rare_class_gives_all_it_has():
    labels = torch.tensor([0] * 50 + [1] * 3)
    assert labels[even(labels, 20, 0)].bincount().tolist() == [17, 3]


def test_the_seed_draws_and_targets_need_no_classes():
    targets = torch.randn(50, 2)
    assert torch.equal(even(targets, 10, 1), even(targets, 10, 1))
    assert not torch.equal(even(targets, 10, 1), even(targets, 10, 2))
    assert len(even(targets, 100, 0)) == 50


def test_missing_classes_are_named():
    labels = torch.tensor([0, 0, 2, -100])
    assert missing_classes(labels, 3) == ("No training sample has 1 class: 1.",)
    names = tuple("abcdefgh")
    assert missing_classes(labels, 8, names) == (
        "No training sample has 6 classes: b, d, e, f, g and 1 more.",
    )
    assert missing_classes(torch.tensor([1, 0]), 2) == ()
    assert missing_classes(torch.randn(3, 1), 1) == ()
