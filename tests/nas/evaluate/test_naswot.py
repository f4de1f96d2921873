from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from nas.compile.apply import apply, calibrate
from nas.compile.module import to_module
from nas.evaluate.naswot import ActivationKernel, naswot
from nas.graph.builder import GraphBuilder
from nas.graph.ops.activation import PReLU
from nas.graph.ops.shape import Zero


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def activated(function="relu", features=4):
    """The activation of the input, nothing else, and a head."""
    b = GraphBuilder()
    x = b.input((1, features))
    return b.build(b.linear(b.activation(x, function), 2))


def small_network(function="relu"):
    b = GraphBuilder()
    x = b.activation(b.batch_norm(b.conv2d(b.input((1, 3, 8, 8)), 6)), function)
    y = b.activation(b.conv2d(x, 6), function)
    return b.build(b.classifier(b.add(x, b.activation(b.add(x, y), "sigmoid")), 10))


def initial(graph):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = to_module(graph)
    return module, {name: tensor.detach() for name, tensor in module.named_parameters()}


def by_hooks(module, function, images):
    """The same from torch modules and numpy, as Mellor et al. 2021 write it, plus the identity."""
    patterns = []
    real = getattr(torch.nn.functional, function)

    def spy(x, *args, **kwargs):
        patterns.append((x.flatten(1) > 0).numpy().astype(float))
        return real(x, *args, **kwargs)

    module.train()  # batch norms with the statistics of the batch
    for node in module.graph.nodes:
        if node.target is real:
            node.target = spy
    module.recompile()
    with torch.no_grad():
        module(images)
    codes = np.concatenate(patterns, axis=1)
    kernel = codes @ codes.T + (1 - codes) @ (1 - codes).T
    return np.linalg.slogdet(kernel + np.eye(len(kernel)))[1], len(patterns)


def test_two_images_by_hand():
    """Patterns 1100 and 1010 agree in two of four units: det [[5, 2], [2, 5]] = 21."""
    graph = activated()
    images = torch.tensor([[1.0, 2.0, -1.0, -3.0], [0.5, -1.0, 4.0, 0.0]])
    assert naswot(graph, initial(graph)[1], images) == pytest.approx(math.log(21))


@pytest.mark.parametrize("function", ["relu", "relu6", "silu", "leaky_relu"])
def test_a_network_as_hooks_on_its_torch_module_see_it(function):
    graph, images = small_network(function), random(16, 3, 8, 8)
    module, params = initial(graph)
    expected, rectifiers = by_hooks(module, function, images)
    assert rectifiers == 2
    assert naswot(graph, params, images) == pytest.approx(expected, rel=1e-9)


def test_learned_slopes_below_zero_do_not_hide_the_patterns():
    b = GraphBuilder()
    x = b.input((1, 4))
    learned = b.build(b.linear(b.op(PReLU(), x), 2))
    images = random(8, 4)
    expected = naswot(activated("leaky_relu"), initial(activated("leaky_relu"))[1], images)
    assert naswot(learned, initial(learned)[1], images) == pytest.approx(expected) != 0


@pytest.mark.parametrize("function", ["sigmoid", "hardsigmoid", "tanh"])
def test_what_lets_neither_side_through_does_not_count(function):
    graph = activated(function)
    assert naswot(graph, initial(graph)[1], random(8, 4)) == 0.0


def test_images_alike_are_told_apart_by_nothing():
    """All entries of the kernel are the number of units, 4: det(4 J + I) = 4 n + 1."""
    graph = activated()
    images = random(1, 4).expand(8, 4)
    assert naswot(graph, initial(graph)[1], images) == pytest.approx(math.log(33))
    different = torch.tensor([[1.0] * 4, [-1.0] * 4])  # det [[5, 0], [0, 5]]
    assert naswot(graph, initial(graph)[1], different) == pytest.approx(math.log(25))


def test_a_constant_network_is_finite():
    b = GraphBuilder()
    x = b.batch_norm(b.op(Zero(shape=(3, 4, 4)), b.input((1, 3, 4, 4))))
    graph = b.build(b.classifier(b.relu(x), 10))
    found = naswot(graph, initial(graph)[1], random(8, 3, 4, 4))
    assert found == pytest.approx(math.log(8 * 48 + 1))


def test_running_statistics_are_used_where_there_are_some():
    graph, images = small_network(), random(16, 3, 8, 8)
    _, params = initial(graph)
    own = calibrate(graph, params, images)
    assert naswot(graph, {**params, **own}, images) == pytest.approx(naswot(graph, params, images))
    other = calibrate(graph, params, 3 + 2 * random(16, 3, 8, 8, seed=1))
    assert naswot(graph, {**params, **other}, images) != pytest.approx(
        naswot(graph, params, images), abs=0.1
    )


def test_the_kernel_is_seen_while_batch_norms_are_calibrated():
    graph, images = small_network(), random(16, 3, 8, 8)
    _, params = initial(graph)
    kernel = ActivationKernel()
    calibrate(graph, params, images, observe=kernel)
    assert kernel.logdet() == pytest.approx(naswot(graph, params, images))


def test_some_images_of_the_batch_are_enough():
    graph, images = activated(features=32), random(16, 32)
    _, params = initial(graph)
    kernel = ActivationKernel(slice(None, None, 4))
    apply(graph, params, images, observe=kernel)
    assert kernel.logdet() == pytest.approx(naswot(graph, params, images[::4]))


def test_autocast_counts_as_exactly_as_single_precision():
    """bf16 has eight bits for a number, and thousands of units are counted."""
    graph, images = activated(features=4099), random(16, 4099)
    _, params = initial(graph)
    exact = naswot(graph, params, images)
    with torch.autocast("cpu", torch.bfloat16):
        assert naswot(graph, params, images) == exact


def test_memory_layout_does_not_matter():
    graph, images = small_network(), random(16, 3, 8, 8)
    _, params = initial(graph)
    last = images.contiguous(memory_format=torch.channels_last)
    assert naswot(graph, params, last) == pytest.approx(naswot(graph, params, images), rel=1e-3)
