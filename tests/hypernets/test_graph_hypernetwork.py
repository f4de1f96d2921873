"""Beside what :mod:`tests.conformance.test_predictors` checks for all hypernetworks."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close
from torch_geometric.data import Batch

from hypernets.fan_in import scale_by_fan_in
from hypernets.features import encode
from nas.compile.apply import apply
from nas.errors import ConfigError
from tests.hypernets.hypernet_toys import (
    chain,
    every_role,
    make_hypernet,
    samples,
    tiny_space,
)


def test_composition_of_embedding_encoder_norm_decoder_and_scale():
    model, graph = make_hypernet("ghn2"), every_role()
    encoded = encode(graph, model.config.reach)
    batch = Batch.from_data_list([encoded.data])
    h = model.norm(model.encoder(model.embedding(batch), batch))
    (params,) = model.predict([graph])
    for slot in encoded.slots:
        raw = model.decoder(h[slot.node : slot.node + 1], slot.role, slot.shape)
        assert_close(params[slot.name], scale_by_fan_in(raw, slot.role)[0])


def test_an_embedding_is_the_mean_of_the_living_states():
    model, graph = make_hypernet("ghn2"), every_role()
    batch = Batch.from_data_list([encode(graph.simplified, model.config.reach).data])
    h = model.norm(model.encoder(model.embedding(batch), batch))
    assert_close(model.embed([graph]), h.mean(0, keepdim=True))


@pytest.mark.parametrize(("name", "hears"), [("ghn1", True), ("ghn2", True), ("mlp", False)])
def test_only_encoders_of_graphs_hear_of_other_layers(name, hears):
    model = make_hypernet(name)
    first = chain(lambda b, x: b.conv2d(x, 8, 3))
    second = chain(lambda b, x: b.conv2d(x, 8, 5))
    with torch.no_grad():
        one, other = model.predict([first, second])
    assert torch.equal(one["stem.weight"], other["stem.weight"]) != hears


def test_virtual_edges_change_what_is_heard():
    graph = chain(*[lambda b, x: b.conv2d(x, 8)] * 3)
    far, near = (make_hypernet("ghn2", reach=reach) for reach in (50, 2))
    near.load_state_dict(far.state_dict())
    with torch.no_grad():
        assert not torch.equal(far.embed([graph]), near.embed([graph]))


def test_equal_layers_at_other_places_get_other_weights():
    (params,) = make_hypernet().predict([chain(*[lambda b, x: b.conv2d(x, 8)] * 2)])
    assert not torch.allclose(params["conv2d.weight"], params["conv2d1.weight"])


def test_networks_run_and_signals_stay_in_range():
    model = make_hypernet(hidden=32, max_channels=16)
    images = torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    graphs = samples(tiny_space(), 4)
    with torch.no_grad():
        for graph, params in zip(graphs, model.predict(graphs), strict=True):
            logits = apply(graph, params, images)
            assert logits.shape == (16, 10)
            assert logits.abs().max() < 100


def test_gradients_reach_every_part():
    model, graph = make_hypernet("ghn2"), every_role()
    (params,) = model.predict([graph])
    logits = apply(graph, params, torch.randn(4, 1, 8, 8))
    logits.square().sum().backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_more_classes_than_it_was_made_for():
    with pytest.raises(ConfigError, match="up to 4 classes, but a network has 10") as caught:
        make_hypernet(classes=4).predict([chain()])
    assert "train-hypernet" in caught.value.hint
