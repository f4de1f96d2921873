from __future__ import annotations

import pytest

from nas.graph.ops import MessagePassing
from nas.space.candidate import candidate
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from nas.training.config import TrainConfig
from search_spaces.nodes.graphgym import DESIGN, TRAINING, GraphGym

SPACE = GraphGym(task=Task(kind=NODE_CLASSIFICATION, features=100, classes=7), channels=8)


def design(**changed):
    first = {name: values[0] for name, values in {**DESIGN, **TRAINING}.items()}
    return {**first, **changed}


def kinds(graph, scope):
    return [node.op.kind for node in graph.nodes if node.name.startswith(f"{scope}.")]


def test_size_is_that_of_the_paper():
    assert SPACE.size() == 314928


def test_order_within_a_layer():
    graph = SPACE.graph(design(dropout=0.3, stage_type="skipsum"))
    assert kinds(graph, "pre0") == ["linear", "batch_norm1d", "dropout", "activation"]
    assert kinds(graph, "mp0") == [
        "message_passing",
        "batch_norm1d",
        "dropout",
        "add",
        "activation",
    ]


@pytest.mark.parametrize(
    ("stage", "width"), [("stack", 8), ("skipsum", 8), ("skipconcat", 8 + 4 * 8)]
)
def test_stages(stage, width):
    graph = SPACE.graph(design(stage_type=stage, layers_mp=4, layers_post_mp=2))
    assert graph.shapes["unit_length"] == (1, width)
    assert graph.shapes["post0.linear"] == (1, width)
    assert graph.shapes["head"] == (1, 7)


@pytest.mark.parametrize("norm", [True, False])
def test_biases_are_where_no_norm_is(norm):
    parameters = SPACE.graph(design(batchnorm=norm)).parameters()
    assert ("mp0.general_conv.bias" in parameters) is not norm
    assert ("pre0.linear.bias" in parameters) is not norm
    assert ("mp0.norm.bias" in parameters) is norm
    assert "head.bias" in parameters


@pytest.mark.parametrize(
    ("act", "kind"), [("relu", "activation"), ("swish", "activation"), ("prelu", "prelu")]
)
def test_activations(act, kind):
    assert kinds(SPACE.graph(design(act=act)), "mp1")[-1] == kind


@pytest.mark.parametrize("how", ["add", "mean", "max"])
def test_aggregation(how):
    ops = [node.op for node in SPACE.graph(design(agg=how)).nodes]
    found = {op.aggregation for op in ops if isinstance(op, MessagePassing)}
    assert found == {how}


def test_the_recipe_is_a_way_to_train():
    params = design(batch_size=32, base_lr=0.01, optimizer="sgd", max_epoch=400)
    assert SPACE.training_overrides(params) == {
        "batch_size": 32,
        "lr": 0.01,
        "optimiser": "sgd",
        "epochs": 400,
    }
    assert TrainConfig(**SPACE.training_overrides(params)).epochs == 400


def test_trainings_of_one_network_are_candidates_of_their_own():
    slow, fast = (candidate(SPACE, design(base_lr=rate)) for rate in (0.001, 0.1))
    assert slow.graph.hash() == fast.graph.hash()
    assert slow.hash != fast.hash
    assert slow.hash == candidate(SPACE, design(base_lr=0.001)).hash


def test_training_leaves_the_network_alone():
    assert SPACE.graph(design(base_lr=0.001)) == SPACE.graph(design(base_lr=0.1))


def test_the_known_design_is_of_the_condensed_space():
    """You et al. 2020, section 6: norm, no dropout, PReLU, skips, Adam at 0.01 for 400 epochs."""
    ((_, params),) = SPACE.known().items()
    fixed = {"batchnorm": True, "dropout": 0.0, "act": "prelu", "optimizer": "adam"}
    fixed |= {"batch_size": 32, "base_lr": 0.01, "max_epoch": 400}
    assert fixed.items() <= params.items()
    assert params["stage_type"] in ("skipsum", "skipconcat")
    layers = [n.op for n in SPACE.graph(params).nodes if isinstance(n.op, MessagePassing)]
    assert len(layers) == 4
