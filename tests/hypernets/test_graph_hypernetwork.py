"""Beside what :mod:`tests.conformance.test_predictors` checks for all hypernetworks."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close
from torch_geometric.data import Batch

from hypernets.checkpoint import load
from hypernets.decoders.fan_in import scale_by_fan_in
from hypernets.encoders.canonical_order import in_canonical_order
from hypernets.features import encode
from nas.compile.apply import apply
from nas.graph.builder import GraphBuilder
from search_spaces.registry import get
from tests.hypernets.hypernet_toys import (
    chain,
    every_role,
    make_hypernet,
    samples,
    tiny_space,
)
from tests.search_spaces.tasks import random_inputs, small_task

SHIPPED = {
    "nasnet-digits": {
        "stem.weight": -12.03383,
        "stem.bias": 0.64377,
        "grouped.weight": -6.77787,
        "batch_norm.weight": -0.19327,
        "wide.weight": -37.75157,
        "layer_norm.bias": 2.07781,
        "linear1.weight": 22.42478,
        "classifier.weight": 8.0636,
        "classifier.bias": -0.46789,
    },
    "nb201-cifar10": {
        "stem.weight": -1.75391,
        "stem.bias": -1.08295,
        "grouped.weight": 6.65494,
        "batch_norm.weight": -0.14058,
        "wide.weight": 9.80741,
        "layer_norm.bias": -0.64653,
        "linear1.weight": 7.83795,
        "classifier.weight": 9.23955,
        "classifier.bias": -0.13749,
    },
}
"""What they predicted when they were trained: sums over i of value i times cos(i)."""


@pytest.mark.parametrize("grad", [False, True])
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_hypernetworks_predict_the_same_weights_as_before(name, grad):
    with torch.set_grad_enabled(grad):
        (params,) = load(name).predict([every_role()])
    for parameter, expected in SHIPPED[name].items():
        values = params[parameter].detach().flatten().double()
        found = values @ torch.arange(len(values)).double().cos()
        assert found.item() == pytest.approx(expected, rel=1e-4, abs=1e-4), parameter


@pytest.mark.parametrize("mip", [False, True])
@pytest.mark.parametrize("name", ["ghn2", "logah", "hypernetwork", "neumeta"])
def test_composition_of_embedding_encoder_norm_decoder_and_scale(name, mip):
    model, graph = make_hypernet(name, mip=mip), every_role()
    encoded = encode(graph, model.config.reach)
    if model.encoder.sequential:
        encoded = in_canonical_order(encoded)
    batch = Batch.from_data_list([encoded.data])
    h = model.norm(model.encoder(model.embedding(batch), batch))
    (params,) = model.predict([graph])
    for slot in encoded.slots:
        raw = model.decoder(h[slot.node : slot.node + 1], slot.role, slot.shape)
        expected = scale_by_fan_in(raw, slot.role, slot.shape)[0]
        assert_close(params[slot.name], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["ghn2", "logah", "neumeta"])
def test_without_gradients_the_values_are_the_same(name):
    model, graphs = make_hypernet(name), [every_role(), *samples(tiny_space("darts"), 1)]
    with torch.no_grad():
        found = model.predict(graphs)
    for one, other in zip(found, model.predict(graphs), strict=True):
        assert one.keys() == other.keys()
        for key in one:
            assert_close(one[key], other[key], rtol=1e-5, atol=1e-5)


def test_predictions_that_are_kept_are_not_written_over():
    model, graph = make_hypernet(), every_role()
    with torch.no_grad():
        (kept,) = model.predict([graph])
        before = {name: tensor.clone() for name, tensor in kept.items()}
        model.predict(samples(tiny_space("darts"), 1))
    assert all(torch.equal(kept[name], before[name]) for name in kept)


def test_an_embedding_is_the_mean_of_the_living_states():
    model, graph = make_hypernet("ghn2"), every_role()
    batch = Batch.from_data_list([encode(graph.simplified, model.config.reach).data])
    h = model.norm(model.encoder(model.embedding(batch), batch))
    assert_close(model.embed([graph]), h.mean(0, keepdim=True))


@pytest.mark.parametrize(
    ("name", "hears"),
    [("ghn1", True), ("ghn2", True), ("ghn3", True), ("smash", True), ("mlp", False)],
)
def test_only_encoders_of_graphs_depend_on_other_layers(name, hears):
    model = make_hypernet(name)
    first = chain(lambda b, x: b.conv2d(x, 8, 3))
    second = chain(lambda b, x: b.conv2d(x, 8, 5))
    with torch.no_grad():
        one, other = model.predict([first, second])
    assert torch.equal(one["stem.weight"], other["stem.weight"]) != hears


def test_virtual_edges_change_the_messages():
    graph = chain(*[lambda b, x: b.conv2d(x, 8)] * 3)
    far, near = (make_hypernet("ghn2", reach=reach) for reach in (50, 2))
    near.load_state_dict(far.state_dict())
    with torch.no_grad():
        assert not torch.equal(far.embed([graph]), near.embed([graph]))


def test_equal_layers_at_other_places_get_other_weights():
    (params,) = make_hypernet().predict([chain(*[lambda b, x: b.conv2d(x, 8)] * 2)])
    assert not torch.allclose(params["conv2d.weight"], params["conv2d1.weight"])


def two_layers(layer):
    b = GraphBuilder()
    x, edges = b.input((1, 6)), b.edge_index()
    x = b.message_passing(x, edges, layer, 6, name="first")
    return b.build(b.message_passing(b.relu(x), edges, layer, 6, name="second"))


@pytest.mark.parametrize(
    ("layer", "weight"), [("gcn", "lin.weight"), ("arma", "init_weight"), ("sage", "lin_l.weight")]
)
def test_layers_that_read_the_input_are_scaled_to_its_size(layer, weight):
    plain, scaled = (
        make_hypernet("ghn2-lowrank", input_gain=gain).predict([two_layers(layer)])[0]
        for gain in (1.0, 50.0)
    )
    assert_close(scaled[f"first.{weight}"], 50 * plain[f"first.{weight}"])
    assert_close(scaled[f"second.{weight}"], plain[f"second.{weight}"])
    for bias in (name for name in plain if name.endswith("bias")):
        assert_close(scaled[bias], plain[bias])


@pytest.mark.parametrize(
    ("layer", "alike"),
    [("sage", ("lin_l.weight", "lin_r.weight")), ("gat", ("att_src", "att_dst"))],
)
@pytest.mark.parametrize("name", ["ghn2", "ghn2-lowrank", "neumeta"])
def test_matrices_of_one_layer_are_distinguished(name, layer, alike):
    (params,) = make_hypernet(name).predict([two_layers(layer)])
    one, other = (params[f"first.{part}"] for part in alike)
    assert one.shape == other.shape
    assert not torch.allclose(one, other)


def test_networks_run_and_signals_stay_in_range():
    model = make_hypernet(hidden=32, max_channels=16)
    images = torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    graphs = samples(tiny_space(), 4)
    with torch.no_grad():
        for graph, params in zip(graphs, model.predict(graphs), strict=True):
            logits = apply(graph, params, images)
            assert logits.shape == (16, 10)
            assert logits.abs().max() < 100


@pytest.mark.parametrize("name", ["ghn2", "ghn3", "logah"])
def test_gradients_reach_every_part(name):
    model, graph = make_hypernet(name), every_role()
    (params,) = model.predict([graph])
    logits = apply(graph, params, torch.randn(4, 1, 8, 8))
    logits.square().sum().backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_more_classes_than_it_was_trained_on():
    model = make_hypernet(classes=4)
    small, large = chain(classes=4), chain(classes=30)
    with torch.no_grad():
        few, many = (model.predict([graph])[0]["classifier.weight"] for graph in (small, large))
    assert many.shape == (30, 8)
    assert len(many.unique(dim=0)) == 30
    assert many[4:].std().item() == pytest.approx(few.std().item(), rel=0.7)


@pytest.mark.parametrize("name", ["gnn", "graphnas", "graphgym", "nasbench-graph"])
@pytest.mark.parametrize("hypernet", ["ghn1", "ghn3", "logah"])
def test_networks_on_data_graphs_get_weights_they_run_with(hypernet, name):
    space = get(name, small_task(name))
    graphs = samples(space.at(**space.proxy_sizes()), 3)
    inputs = random_inputs(space.task, 5)
    for graph, params in zip(graphs, make_hypernet(hypernet).predict(graphs), strict=True):
        assert {name: p.shape for name, p in params.items()} == {
            name: spec.shape for name, spec in graph.parameters().items()
        }
        scores = apply(graph, params, *inputs)
        assert scores.shape == (5, space.task.classes)
        assert scores.isfinite().all()
