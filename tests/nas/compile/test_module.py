from __future__ import annotations

import copy
import io

import pytest
import torch
from torch import nn

from nas.compile.module import to_module
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops import Call, Conv2d, Linear
from nas.graph.tensor_spec import TensorSpec


@pytest.fixture
def network():
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    with b.scope("stem"):
        x = b.batch_norm(b.conv2d(x, 4, name="conv"), name="norm")
    with b.scope("cell"):
        x = b.add(x, b.relu(x), b.dropout(x, 0.5))
    return b.build(b.classifier(x, 10))


@pytest.mark.parametrize("name", ["torch", "print", "X", "F", "é", "device", "__debug__"])
def test_an_input_of_any_name_can_be_run(name):
    b = GraphBuilder()
    x = b.input((1, 3), name=name)
    module = to_module(b.build(b.add(b.relu(x), b.linear(x, 3))))
    assert module(torch.randn(2, 3)).shape == (2, 3)


@pytest.mark.parametrize("layer", [False, True])
def test_a_node_called_self_can_be_run(layer):
    b = GraphBuilder()
    x = b.input((1, 3))
    h = b.linear(x, 3, name="self") if layer else b.relu(x, name="self")
    module = to_module(b.build(b.linear(h, 3)))
    assert module(torch.randn(2, 3)).shape == (2, 3)


def test_state_is_named_like_the_nodes(network):
    state = to_module(network).state_dict()
    assert list(state) == [
        "stem.conv.weight",
        "stem.norm.weight",
        "stem.norm.bias",
        "stem.norm.running_mean",
        "stem.norm.running_var",
        "stem.norm.num_batches_tracked",
        "classifier.weight",
        "classifier.bias",
    ]


def test_code_reads_like_a_forward_pass(network):
    lines = [line.split(";")[0].strip() for line in to_module(network).code.splitlines()]
    assert [line for line in lines if line] == [
        "def forward(self, x):",
        "stem_conv = self.stem.conv(x)",
        "stem_norm = self.stem.norm(stem_conv)",
        "cell_relu = torch.nn.functional.relu(stem_norm, inplace = False)",
        "cell_dropout = self.cell.dropout(stem_norm)",
        "cell_add = stem_norm + cell_relu",
        "cell_add_1 = cell_add + cell_dropout",
        "pool = torch.nn.functional.adaptive_avg_pool2d(cell_add_1, 1)",
        "flatten = pool.flatten(1)",
        "classifier = self.classifier(flatten)",
        "return classifier",
    ]


def test_layers_are_torchs_own(network):
    module = to_module(network)
    assert type(module.get_submodule("stem.conv")) is nn.Conv2d
    assert type(module.get_submodule("stem.norm")) is nn.BatchNorm2d
    assert type(module.get_submodule("classifier")) is nn.Linear


def test_the_network_equals_one_written_by_hand(network):
    torch.manual_seed(0)
    module = to_module(network).eval()
    x = torch.randn(5, 3, 8, 8)
    stem = nn.Sequential(module.get_submodule("stem.conv"), module.get_submodule("stem.norm"))
    y = stem(x)
    y = y + y.relu() + y
    expected = module.get_submodule("classifier")(y.mean((2, 3)))
    torch.testing.assert_close(module(x), expected)


def test_initialisation_follows_the_seed(network):
    torch.manual_seed(3)
    first = to_module(network).state_dict()
    torch.manual_seed(3)
    again = to_module(network).state_dict()
    other = to_module(network).state_dict()
    assert all(first[name].equal(again[name]) for name in first)
    assert not first["stem.conv.weight"].equal(other["stem.conv.weight"])


def test_two_modules_share_nothing(network):
    first, second = to_module(network), to_module(network)
    pointers = [{p.data_ptr() for p in module.parameters()} for module in (first, second)]
    assert pointers[0].isdisjoint(pointers[1])


def test_training_moves_the_running_statistics(network):
    module = to_module(network)
    mean = module.state_dict()["stem.norm.running_mean"]
    before = mean.clone()
    module(torch.randn(16, 3, 8, 8))
    assert not mean.equal(before)


def test_a_module_can_be_copied_and_saved(network):
    module = to_module(network).eval()
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(copy.deepcopy(module)(x), module(x))
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    twin = to_module(network).eval()
    twin.load_state_dict(torch.load(file))
    torch.testing.assert_close(twin(x), module(x))


def test_a_layer_read_twice_is_one_layer():
    b = GraphBuilder()
    y = b.linear(b.input((1, 4)), 4)
    module = to_module(b.build(b.concat(y, y)))
    assert len(list(module.parameters())) == 2
    first, second = module(torch.randn(3, 4)).split(4, 1)
    assert first.equal(second)


def test_several_inputs_and_outputs_are_tuples():
    b = GraphBuilder()
    x, y = b.input((1, 4), name="left"), b.input((1, 4), name="right")
    module = to_module(b.build(b.add(x, y), b.mul(x, y)))
    left, right = torch.randn(2, 4), torch.randn(2, 4)
    total, product = module(left, right)
    assert total.equal(left + right)
    assert product.equal(left * right)
    assert module(right=right, left=left)[0].equal(total)


def test_dead_layers_keep_their_parameters():
    """The parameters are exactly those of the graph; leave them out with ``simplified``."""
    b = GraphBuilder()
    x = b.input((1, 4))
    b.linear(x, 7, name="dead")
    graph = b.build(b.linear(x, 2, name="alive"))
    assert to_module(graph).state_dict().keys() == graph.parameters().keys()
    assert list(to_module(graph.simplified).state_dict()) == ["alive.weight", "alive.bias"]


def test_names_that_differ_in_a_dot_only_are_two_values():
    conv = Conv2d(out_channels=3)
    nodes = (Node("a.b", conv, ("x",)), Node("a_b", conv, ("a.b",)))
    module = to_module(Graph((TensorSpec((1, 3, 4, 4)),), nodes, ("a_b",)))
    x = torch.randn(1, 3, 4, 4)
    inner, outer = module.get_submodule("a.b"), module.get_submodule("a_b")
    torch.testing.assert_close(module(x), outer(inner(x)))


def test_an_input_may_be_the_output():
    module = to_module(Graph((TensorSpec((1, 3)),), (), ("x",)))
    x = torch.randn(2, 3)
    assert module(x) is x


def test_modules_of_huge_networks_can_be_made_without_memory():
    nodes = (Node("huge", Linear(out_features=10**6), ("x",)),)
    with torch.device("meta"):
        module = to_module(Graph((TensorSpec((1, 10**6)),), nodes, ("huge",)))
    assert sum(p.numel() for p in module.parameters()) == 10**12 + 10**6


def test_a_function_that_torch_geometric_replaces_is_traced() -> None:
    import torch_geometric  # noqa: F401

    b = GraphBuilder()
    x = torch.randn(2, 3, 4, 4)
    picked = b.build(b.op(Call(expression="torch.select(x0, 2, 0)"), b.input((1, 3, 4, 4))))
    torch.testing.assert_close(to_module(picked)(x), x[:, :, 0])
