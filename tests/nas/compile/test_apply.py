from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nas.compile.apply import apply, calibrate
from nas.compile.module import to_module
from nas.graph.builder import GraphBuilder


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def parameters(graph):
    source = torch.Generator().manual_seed(0)
    specs = graph.parameters()
    return {name: torch.randn(spec.shape, generator=source) for name, spec in specs.items()}


@pytest.fixture
def network():
    """Two normalised convolutions and a head."""
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    for name in ("first", "second"):
        with b.scope(name):
            x = b.relu(b.batch_norm(b.conv2d(x, 4, name="conv"), name="norm"))
    return b.build(b.classifier(x, 10))


def by_hand(params, x):
    for name in ("first", "second"):
        x = F.conv2d(x, params[f"{name}.conv.weight"], padding=1)
        x = F.batch_norm(
            x,
            None,
            None,
            params[f"{name}.norm.weight"],
            params[f"{name}.norm.bias"],
            training=True,
        ).relu()
    return F.linear(x.mean((2, 3)), params["classifier.weight"], params["classifier.bias"])


def test_it_runs_with_the_parameters_given(network):
    params, x = parameters(network), random(6, 3, 8, 8)
    torch.testing.assert_close(apply(network, params, x), by_hand(params, x))


def test_gradients_reach_every_parameter_and_the_input(network):
    params = {name: value.requires_grad_() for name, value in parameters(network).items()}
    x = random(6, 3, 8, 8).requires_grad_()
    target = torch.arange(6)
    F.cross_entropy(apply(network, params, x), target).backward()
    ours = {name: value.grad for name, value in params.items()} | {"x": x.grad}
    for value in (*params.values(), x):
        value.grad = None
    F.cross_entropy(by_hand(params, x), target).backward()
    theirs = {name: value.grad for name, value in params.items()} | {"x": x.grad}
    torch.testing.assert_close(ours, theirs)
    assert all(grad.any() for name, grad in ours.items())


def test_parameters_and_inputs_are_not_changed(network):
    params, x = parameters(network), random(6, 3, 8, 8)
    before = {name: value.clone() for name, value in params.items()}
    apply(network, params, x)
    calibrate(network, params, x)
    assert params.keys() == before.keys()
    assert all(params[name].equal(before[name]) for name in params)
    assert x.equal(random(6, 3, 8, 8))


def test_without_statistics_a_sample_depends_on_its_batch(network):
    params, x = parameters(network), random(6, 3, 8, 8)
    assert not torch.allclose(apply(network, params, x)[:2], apply(network, params, x[:2]))


def test_with_statistics_it_does_not(network):
    params, x = parameters(network), random(6, 3, 8, 8)
    params |= calibrate(network, params, random(32, 3, 8, 8, seed=1))
    torch.testing.assert_close(apply(network, params, x)[:2], apply(network, params, x[:2]))


def test_statistics_are_the_mean_and_the_unbiased_variance(network):
    params, x = parameters(network), random(6, 3, 8, 8)
    statistics = calibrate(network, params, x)
    assert list(statistics) == [
        "first.norm.running_mean",
        "first.norm.running_var",
        "second.norm.running_mean",
        "second.norm.running_var",
    ]
    y = F.conv2d(x, params["first.conv.weight"], padding=1).transpose(0, 1).flatten(1)
    torch.testing.assert_close(statistics["first.norm.running_mean"], y.mean(1))
    torch.testing.assert_close(statistics["first.norm.running_var"], y.var(1, correction=1))


def test_statistics_are_those_torch_collects(network):
    """A module with momentum 1 keeps the statistics of its last batch."""
    params, x = parameters(network), random(6, 3, 8, 8)
    module = to_module(network)
    module.load_state_dict(params, strict=False)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.momentum = 1.0
    module(x)
    statistics = calibrate(network, params, x)
    buffers = {n: b for n, b in module.named_buffers() if n in statistics}
    torch.testing.assert_close(statistics, buffers, rtol=1e-2, atol=1e-4)


def test_new_statistics_do_not_depend_on_old_ones(network):
    params, x = parameters(network), random(6, 3, 8, 8)
    old = calibrate(network, params, random(16, 3, 8, 8, seed=5))
    torch.testing.assert_close(calibrate(network, params | old, x), calibrate(network, params, x))


def test_calibration_keeps_no_gradients(network):
    params = {name: value.requires_grad_() for name, value in parameters(network).items()}
    statistics = calibrate(network, params, random(6, 3, 8, 8))
    assert not any(value.requires_grad for value in statistics.values())


def test_dropout_is_off():
    b = GraphBuilder()
    graph = b.build(b.drop_path(b.dropout(b.input((1, 100)), 0.9), 0.9))
    values = random(4, 100)
    assert apply(graph, {}, values).equal(values)


def test_parameters_beyond_the_graphs_are_ignored(network):
    params, x = parameters(network), random(6, 3, 8, 8)
    more = params | {"third.conv.weight": random(1), "lonely": random(1)}
    assert apply(network, more, x).equal(apply(network, params, x))


def test_an_input_may_be_the_output():
    b = GraphBuilder()
    x = b.input((1, 4))
    b.relu(x)
    values = random(2, 4)
    assert apply(b.build(x), {}, values) is values


def test_a_value_read_late_is_kept():
    b = GraphBuilder()
    x = b.input((1, 4))
    y = b.activation(x, "tanh")
    z = b.add(b.mul(y, y), x, y, x)
    values = random(2, 4)
    t = values.tanh()
    torch.testing.assert_close(apply(b.build(z), {}, values), t * t + t + 2 * values)


def test_two_inputs():
    b = GraphBuilder()
    x, y = b.input((1, 4), name="left"), b.input((1, 3), name="right")
    left, right = random(2, 4), random(2, 3)
    assert apply(b.build(b.concat(x, y)), {}, left, right).equal(torch.cat([left, right], 1))


def test_a_missing_parameter_is_named(network):
    params = parameters(network)
    del params["second.conv.weight"]
    with pytest.raises(ValueError, match=r"1 are missing, 'second\.conv\.weight'"):
        apply(network, params, random(6, 3, 8, 8))


def test_every_input_is_needed(network):
    with pytest.raises(ValueError, match="expected 1 inputs, got 0"):
        apply(network, parameters(network))


def test_several_outputs_come_as_a_tuple():
    b = GraphBuilder()
    x, value = b.input((1, 4)), random(2, 4)
    same, positive = apply(b.build(x, b.relu(x)), {}, value)
    assert same is value
    torch.testing.assert_close(positive, value.clamp_min(0))


def test_statistics_are_measured_and_used_in_full_precision_under_autocast(network):
    params, x = parameters(network), random(64, 3, 8, 8)
    exact = calibrate(network, params, x)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        statistics = calibrate(network, params, x)
        scores = apply(network, {**params, **statistics}, x)
    assert {value.dtype for value in statistics.values()} == {torch.float32}
    for name, value in statistics.items():
        torch.testing.assert_close(value, exact[name], rtol=0.02, atol=0.02)
    with torch.no_grad():
        expected = apply(network, {**params, **exact}, x)
    torch.testing.assert_close(scores.float(), expected, rtol=0.1, atol=0.1)


def test_statistics_of_double_precision_stay_double(network):
    params = {name: value.double() for name, value in parameters(network).items()}
    statistics = calibrate(network, params, random(6, 3, 8, 8).double())
    assert {value.dtype for value in statistics.values()} == {torch.float64}


@pytest.mark.parametrize("run", [apply, calibrate])
def test_an_observer_is_shown_every_node_with_its_inputs(network, run):
    params, x = parameters(network), random(6, 3, 8, 8)
    seen = []
    run(network, params, x, observe=lambda node, inputs: seen.append((node.name, *inputs)))
    assert [name for name, *_ in seen] == [node.name for node in network.nodes]
    read = {name: inputs for name, *inputs in seen}
    assert read["first.conv"][0] is x
    convolved = F.conv2d(x, params["first.conv.weight"], padding=1)
    torch.testing.assert_close(read["first.norm"][0], convolved)
