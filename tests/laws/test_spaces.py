"""What holds for any architecture of any registered space."""

from __future__ import annotations

import math
import time
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest
import torch
from optuna.distributions import CategoricalDistribution
from torch.utils.flop_counter import FlopCounterMode

from nas.analysis.cost import cost
from nas.compile.apply import apply
from nas.compile.module import to_module
from nas.errors import ConfigError, NasError
from nas.graph.check import check
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.space.candidate import mutate, sample
from nas.space.trial import ReplayTrial
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from search_spaces.registry import get, names
from tests.search_spaces.tasks import DIGITS, NODES, is_for_nodes, random_inputs, small_task

SAMPLES = 12


@pytest.fixture(scope="module", params=names())
def space(request):
    return get(request.param, small_task(request.param))


@pytest.fixture(scope="module")
def candidates(space):
    rng = np.random.default_rng(7)
    return [sample(space, rng) for _ in range(SAMPLES)]


def test_samples_are_many(candidates):
    assert len({candidate.hash for candidate in candidates}) > SAMPLES // 2


def nodes(features):
    return Task(kind=NODE_CLASSIFICATION, classes=7, features=features)


GRAPH_SCALES = {"digits": NODES, "cifar": nodes(500), "imagenet": nodes(3703)}
SCALES = {
    "digits": (DIGITS, {}),
    "cifar": (Task(classes=10, channels=3, resolution=32), {"cells": 5}),
    "imagenet": (Task(classes=10, channels=3, resolution=224), {"cells": 5}),
}


@pytest.mark.parametrize("scale", SCALES)
def test_a_proxy_distinguishes_the_architectures_of_the_full_size(space, scale):
    """Of a network and a mutant, both made of few operations so that cells are symmetric."""
    task, sizes = SCALES[scale]
    resolution = {"resolution": min(task.resolution, 16)}
    if is_for_nodes(space.name):
        task, resolution = GRAPH_SCALES[scale], {}
    full = get(space.name, task, **{k: v for k, v in sizes.items() if k in space.macro()})
    proxy = full.at(**full.proxy_sizes(), **resolution)
    rng = np.random.default_rng(7)
    told_apart = 0
    for _ in range(SAMPLES):
        parent = _of_few_operations(full, rng)
        mutant = mutate(full, parent, rng)
        if mutant.graph.hash() != full.graph(parent).hash():
            told_apart += 1
            assert proxy.graph(mutant.params).hash() != proxy.graph(parent).hash()
    assert told_apart > SAMPLES // 3


def _of_few_operations(space, rng):
    """Parameters of a random architecture, each operation one of two.

    Operations are what most texts that are no choice of inputs are chosen from.
    """
    trial = ReplayTrial(sample(space, rng).params)
    space.build(trial)
    named = {
        name: trial.distributions[name]
        for name, value in trial.params.items()
        if isinstance(value, str) and "," not in value
    }
    if not named:  # a space of numbers
        return trial.params
    ((operations, _),) = Counter(named.values()).most_common(1)
    assert isinstance(operations, CategoricalDistribution)
    two = rng.choice(operations.choices, 2)
    few = {name: str(rng.choice(two)) for name, choices in named.items() if choices == operations}
    trial = ReplayTrial({**trial.params, **few}, rng)
    space.build(trial)
    return trial.params


def test_graphs_are_well_formed(candidates):
    for candidate in candidates:
        check(candidate.graph)
        check(candidate.graph.simplified)
        (output,) = candidate.graph.outputs
        assert candidate.graph.shapes[output] == (1, candidate.space.task.classes)


def test_json_returns_the_same_graph(candidates):
    for candidate in candidates:
        assert Graph.from_json(candidate.graph.to_json()) == candidate.graph


def test_hash_does_not_see_names(candidates):
    for candidate in candidates:
        assert renamed(candidate.graph).hash() == candidate.graph.hash()


def test_module_holds_exactly_the_parameters(candidates):
    for candidate in candidates:
        with torch.device("meta"):
            module = to_module(candidate.graph)
        shapes = {name: tuple(tensor.shape) for name, tensor in module.named_parameters()}
        specs = candidate.graph.parameters()
        assert shapes == {name: spec.shape for name, spec in specs.items()}
        assert cost(candidate.graph).params == sum(map(math.prod, shapes.values()))


def test_macs_are_half_of_the_flops_torch_counts(space, candidates):
    device = "cpu" if is_for_nodes(space.name) else "meta"  # edges are more than shapes
    count = 2 if is_for_nodes(space.name) else 1  # one node hears itself alone
    for candidate in candidates[: SAMPLES // 2]:
        with torch.device(device):
            module = to_module(candidate.graph).eval()
            inputs = random_inputs(space.task, count)
        with FlopCounterMode(display=False) as counter:
            module(*inputs)
        assert 2 * count * cost(candidate.graph).macs == counter.get_total_flops()


def test_module_and_function_agree(space, candidates):
    torch.manual_seed(0)
    inputs = random_inputs(space.task, 4)
    for candidate in candidates:
        graph = candidate.graph.simplified
        module = to_module(graph)
        with torch.no_grad():
            module(*inputs)  # moves the running statistics
            expected = module.eval()(*inputs)
            actual = apply(graph, module.state_dict(), *inputs)
        torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-4)


def renamed(graph):
    new = {node.name: f"n{index}" for index, node in enumerate(graph.nodes)}
    new |= {spec.name: spec.name for spec in graph.inputs}
    nodes = tuple(Node(new[n.name], n.op, tuple(new[i] for i in n.inputs)) for n in graph.nodes)
    return Graph(graph.inputs, nodes, tuple(new[name] for name in graph.outputs))


def test_a_size_beyond_all_networks_is_refused_before_anything_is_built(space):
    sizes = {name: value for name, value in space.macro().items() if type(value) is int}
    for name in sizes:
        with pytest.raises(ConfigError, match=f"{name} must be at most 16,384, got 1,000,000,000"):
            space.at(**{name: 10**9})


@pytest.mark.slow
def test_the_largest_sizes_are_taken_or_refused_within_seconds(space):
    """No network of such a size is trained, but its limits are told at once."""
    for name in (name for name, value in space.macro().items() if type(value) is int):
        start = time.monotonic()
        with suppress(NasError):
            sample(space.at(**{name: 16_384}), np.random.default_rng(0))
        assert time.monotonic() - start < 60
