from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import weight_norm
from torch_geometric.nn import GCN, GCNConv, SAGEConv, Sequential

from nas.errors import GraphError
from nas.modules.calling import as_features, as_given, as_record, called_with, graph_call
from nas.modules.classifier import Classifier

if TYPE_CHECKING:
    from torch_geometric.data import Data

X, EDGES = torch.randn(6, 5), torch.tensor([[0, 1, 2, 3, 4, 5, 0], [1, 2, 3, 4, 5, 0, 3]])


class OnRecord(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = GCNConv(5, 3)

    def forward(self, data: Data) -> Tensor:
        assert data.num_nodes == 6
        return self.conv(data.x, data.edge_index).log_softmax(1)


class OnSplit(OnRecord):
    def forward(self, data: Data) -> Tensor:
        return super().forward(data)[data.train_mask]


class PooledOver(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = GCNConv(5, 3)

    def forward(self, x: Tensor, edge_index: Tensor, batch: Tensor) -> Tensor:
        return self.conv(x, edge_index)[batch]


@pytest.mark.parametrize(
    ("network", "way"),
    [
        (GCNConv(5, 3), as_given),
        (GCN(5, 8, 2, 3), as_given),
        (Sequential("x, edge_index", [(SAGEConv(5, 3), "x, edge_index -> x")]), as_given),
        (OnRecord(), as_record),
        (nn.Linear(5, 3), as_features),
    ],
)
def test_a_network_is_called_as_it_wants(network, way) -> None:
    assert graph_call(network, X, EDGES) is way
    classifier = Classifier(network, arguments=way).eval()
    assert torch.equal(classifier(X, EDGES), network.eval()(*way(X, EDGES)))


def test_what_a_layer_remembers_is_not_of_the_trial() -> None:
    layer = GCNConv(5, 3, cached=True)
    graph_call(layer, X, EDGES)
    assert layer._cached_edge_index is None


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
def test_a_network_that_cannot_be_copied_is_tried_and_left_in_its_mode() -> None:
    layer = GCNConv(5, 3)
    weight_norm(layer.lin, "weight")
    with pytest.raises(RuntimeError, match="deepcopy"):
        deepcopy(layer)
    assert graph_call(layer, X, EDGES) is as_given
    assert layer.training


def test_lazy_layers_get_the_sizes_of_the_graph() -> None:
    network = Sequential("x, e", [(GCNConv(-1, 4), "x, e -> x"), (GCNConv(-1, 3), "x, e -> x")])
    assert graph_call(network, X, EDGES) is as_given
    shapes = [tuple(p.shape) for p in network.parameters() if p.dim() == 2]
    assert shapes == [(4, 5), (3, 4)]


class Misspelt(OnRecord):
    def forward(self, data: Data) -> Tensor:
        return self.convolution(data.x, data.edge_index)  # type: ignore[operator]


class ByKey(OnRecord):
    def forward(self, data: Data) -> Tensor:
        return self.conv(data["x"], data["edge_index"]).missing


class WithFlag(OnRecord):
    def forward(self, data: Data, flag: bool = False) -> Tensor:
        return helper(self.conv(data.x, data.edge_index))


class OnAnything(OnRecord):
    def forward(self, *inputs: Tensor) -> Tensor:
        return helper(self.conv(*inputs))


class OnFeatures(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        return helper(self.linear(x))


class OnNothing(OnRecord):
    def forward(self) -> Tensor:  # type: ignore[override]
        return torch.zeros(3)


def helper(x: Tensor) -> Tensor:
    return x + "two"  # type: ignore[operator]


HERE = Path(__file__).name


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence:UserWarning")
@pytest.mark.parametrize(
    ("network", "form", "reason", "function"),
    [
        (OnSplit(), "forward(data)", "has no attribute 'train_mask'", "forward"),
        (Misspelt(), "forward(data)", "has no attribute 'convolution'", "forward"),
        (ByKey(), "forward(data)", "has no attribute 'missing'", "forward"),
        (WithFlag(), "forward(data)", "TypeError: unsupported operand", "helper"),
        (OnAnything(), "forward(x, edge_index)", "TypeError: unsupported operand", "helper"),
        (OnFeatures(), "forward(x)", "TypeError: unsupported operand", "helper"),
        (GCNConv(7, 3), "forward(x, edge_index)", "cannot be multiplied", ""),
        (nn.Conv2d(5, 3, 1), "forward(x)", "Expected 3D", ""),
    ],
)
def test_the_error_of_the_form_that_suits_is_shown(network, form, reason, function) -> None:
    with pytest.raises(GraphError, match=r"fails on features \(6, 5\) and edges") as error:
        graph_call(network, X, EDGES)
    said = error.value.message
    assert f"called as {form}: " in said
    assert reason in said
    assert (HERE in said) is bool(function)
    assert said.endswith(f", in {function})") is bool(function)
    assert isinstance(error.value.__cause__, Exception)


@pytest.mark.parametrize(
    ("network", "parameters"), [(PooledOver(), "x, edge_index, batch"), (OnNothing(), "")]
)
def test_a_forward_that_no_form_suits_is_shown(network, parameters) -> None:
    with pytest.raises(GraphError, match=r"neither features \(6, 5\) and edges") as error:
        graph_call(network, X, EDGES)
    assert f"its forward is forward({parameters}) (" in error.value.message
    assert f"{HERE}, line " in error.value.message


def test_a_network_on_records_takes_tensors_for_a_while() -> None:
    network = OnRecord().eval()
    expected = network(*as_record(X, EDGES))
    with called_with(network, as_record):
        assert torch.equal(network(X, EDGES), expected)
    assert "forward" not in vars(network)
    with called_with(network, as_given):
        assert "forward" not in vars(network)
    assert torch.equal(network(*as_record(X, EDGES)), expected)
