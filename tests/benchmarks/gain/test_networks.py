from __future__ import annotations

import pytest
import torch

import search_spaces
from benchmarks.gain.networks import DRAWN, NETWORKS
from nas.importers.from_module import from_module
from nas.seeding import rng
from nas.space.candidate import sample
from nas.task.task import Task

TASK = Task(classes=10, channels=1, resolution=8)


@pytest.mark.parametrize("name", NETWORKS)
def test_they_classify_images(name):
    module = NETWORKS[name](TASK).eval()
    assert module(torch.zeros(2, 1, 8, 8)).shape == (2, 10)


def test_none_is_among_the_first_that_a_hypernetwork_learns_from():
    space = search_spaces.get("deepnets", TASK, channels=8, max_cells=8)
    seen = {sample(space, rng(0, "architectures", step)).graph.hash() for step in range(50)}
    own = {
        from_module(NETWORKS[f"{s} 1"](TASK), torch.zeros(1, 1, 8, 8)).graph.hash() for s in DRAWN
    }
    assert len(own) == len(DRAWN)
    assert not own & seen
