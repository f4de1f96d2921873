from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from nas.compile.apply import apply
from nas.compile.module import to_module
from nas.evaluate.readout import HeadFeatures, readout
from nas.graph.builder import GraphBuilder


def brute_force(z: torch.Tensor, truth: torch.Tensor, penalty: float) -> float:
    """Ridge regression fitted anew without each sample, at one penalty; features as given."""
    errors = []
    for left_out in range(len(z)):
        rows = torch.arange(len(z)) != left_out
        x = torch.cat([torch.ones(len(z), 1), z], 1).double()
        pull = penalty * torch.eye(x.shape[1], dtype=torch.double)
        pull[0, 0] = 0  # the mean is not shrunk
        weight = torch.linalg.solve(x[rows].T @ x[rows] + pull, x[rows].T @ truth[rows])
        errors.append((x[left_out] @ weight - truth[left_out]).square().sum())
    return float(torch.stack(errors).mean())


@pytest.mark.parametrize("features", [3, 30])
def test_each_sample_is_predicted_from_the_others(features: int) -> None:
    draws = torch.Generator().manual_seed(features)
    z = torch.randn(24, features, generator=draws).double()
    labels = (z[:, 0] > 0).long() + (z[:, 1] > 0).long()
    truth = F.one_hot(labels, 3).double()
    z = (z - z.mean(0)) / (z - z.mean(0)).square().mean(0).sqrt()
    values = torch.linalg.eigvalsh(z.T @ z if features < 24 else z @ z.T).mean()
    expected = min(brute_force(z, truth, 10.0**power * float(values)) for power in range(-4, 3))
    assert readout(z, truth) == pytest.approx(expected, rel=1e-6)


def test_features_that_tell_nothing_have_the_variance_of_the_truth() -> None:
    truth = F.one_hot(torch.arange(40) % 4, 4)
    constant = torch.full((40, 5), 0.3)
    noise = torch.randn(40, 5, generator=torch.Generator().manual_seed(0))
    assert readout(constant, truth) == pytest.approx(0.75 * (40 / 39) ** 2)
    assert readout(noise, truth) > 0.7


def test_better_features_have_less_error() -> None:
    draws = torch.Generator().manual_seed(1)
    labels = torch.arange(90) % 3
    truth, chance = F.one_hot(labels, 3), torch.randn(90, 3, generator=draws)
    errors = [readout(share * truth + chance, truth) for share in (0.0, 1.0, 4.0)]
    assert errors[0] > errors[1] > errors[2]


def test_scale_of_the_features_does_not_matter() -> None:
    z = torch.randn(50, 6, generator=torch.Generator().manual_seed(2))
    truth = F.one_hot(torch.arange(50) % 2, 2)
    scaled = z * torch.tensor([1e-3, 1.0, 5.0, 70.0, 1e3, 1.0]) + 4
    assert readout(scaled, truth) == pytest.approx(readout(z, truth), rel=1e-4)


def test_the_inputs_of_the_last_layer_are_collected_over_batches() -> None:
    b = GraphBuilder()
    x = b.input((1, 3, 4, 4))
    graph = b.build(b.classifier(b.relu(b.conv2d(x, 5)), 2))
    params = dict(to_module(graph).named_parameters())
    head = HeadFeatures(graph)
    for _ in range(2):
        apply(graph, params, torch.randn(3, 3, 4, 4), observe=head)
    assert head.features is not None
    assert head.features.shape == (6, 5)


def test_nothing_is_found_where_no_linear_layer_ends_the_network() -> None:
    b = GraphBuilder()
    graph = b.build(b.relu(b.linear(b.input((1, 4)), 2)))
    head = HeadFeatures(graph)
    apply(graph, dict(to_module(graph).named_parameters()), torch.randn(3, 4), observe=head)
    assert head.features is None
