"""Properties of every import, over networks of many kinds and of published size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from tests.nas.importers.written import own_names
from tests.zoo.cifar_networks import CIFAR_NETWORKS
from tests.zoo.imagenet_networks import TIMM_NETWORKS, TORCHVISION_NETWORKS
from tests.zoo.small_networks import SMALL_NETWORKS
from tests.zoo.specimen import Specimen, relative_error

if TYPE_CHECKING:
    from tests.zoo.zoo_network import ZooNetwork

NETWORKS = [*SMALL_NETWORKS, *CIFAR_NETWORKS, *TORCHVISION_NETWORKS, *TIMM_NETWORKS]


def param(network: ZooNetwork):
    return pytest.param(network, id=network.name, marks=[pytest.mark.slow] if network.slow else [])


@pytest.fixture(scope="module", params=map(param, NETWORKS))
def specimen(request) -> Specimen:
    return Specimen.of(request.param)


def test_the_graph_has_every_parameter_there_is(specimen) -> None:
    total = specimen.network.params or sum(specimen.sizes.values())
    left_out = sum(specimen.sizes[name] for name in specimen.unused | specimen.opaque)
    assert specimen.graph_params == total - left_out


def test_coverage_lists_every_parameter_once(specimen) -> None:
    coverage = specimen.imported.coverage
    groups = coverage.predicted, coverage.opaque, coverage.excluded, coverage.kept
    assert sum(map(len, groups)) == len(specimen.sizes)
    assert {name: size for group in groups for name, size in group.items()} == specimen.sizes
    assert set(coverage.opaque) == specimen.opaque
    assert set(coverage.excluded) == specimen.unused
    assert set(coverage.kept) == specimen.kept


def test_the_state_holds_the_models_own_parameters(specimen) -> None:
    imported = specimen.imported
    shapes = {name: spec.shape for name, spec in imported.graph.parameters().items()}
    assert set(own_names(imported)) == set(imported.coverage.predicted) | specimen.kept
    assert set(own_names(imported).values()) == set(shapes)
    for own, name in own_names(imported).items():
        assert imported.state[name].shape == shapes[name]
        assert torch.equal(imported.state[name], specimen.model.get_parameter(own)), name


def test_the_graph_computes_the_same_at_another_batch_size(specimen) -> None:
    assert (specimen.imported.batch is not None) == specimen.network.fixed
    inputs = specimen.fresh_inputs
    assert relative_error(specimen.outputs(inputs), specimen.expected(inputs)) <= 1e-5
