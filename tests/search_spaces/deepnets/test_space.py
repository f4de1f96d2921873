from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import optuna
import pytest
import torch

from nas.analysis.cost import cost
from nas.compile.apply import apply
from nas.compile.module import to_module
from nas.errors import ConfigError
from nas.graph.blocks import conv_bn, factorized_reduction, relu_conv_bn
from nas.graph.builder import GraphBuilder
from nas.graph.check import check
from nas.space.candidate import mutate, sample
from nas.task.task import Task
from search_spaces.cells.genotype import Edge, Genotype
from search_spaces.deepnets.cell import DENSE
from search_spaces.deepnets.plan import Plan, Stem
from search_spaces.deepnets.space import DeepNets, network
from search_spaces.deepnets.split import SPLITS

if TYPE_CHECKING:
    from nas.graph.graph import Graph

CIFAR = Task(classes=10, channels=3, resolution=32)
SMALL = Task(classes=10, channels=3, resolution=16)
SPACE = DeepNets(task=SMALL, channels=8)
CELL = ((Edge("conv_3x3", 0), Edge("skip_connect", 1)),)
CELLS = Genotype(normal=CELL, normal_concat=(2,), reduce=CELL, reduce_concat=(2,))
PLAN = Plan(cells=6, genotype=CELLS, stem=Stem(kind="plain"), multiplier=2)


def attentive(**changes):
    cell = ((Edge("msa", 0), Edge("skip_connect", 1)),)
    genotype = Genotype(normal=cell, normal_concat=(2,), reduce=CELL, reduce_concat=(2,))
    return Plan(cells=4, genotype=genotype, stem=Stem(kind="patch"), **changes)


@pytest.mark.parametrize("split", SPLITS)
def test_samples_of_every_split_are_networks_of_it(split) -> None:
    space, ranges = SPACE.at(split=split), SPLITS[split]
    rng = np.random.default_rng(0)
    for _ in range(8):
        drawn = sample(space, rng)
        check(drawn.graph)
        cells = {node.name.split(".")[0] for node in drawn.graph.nodes} - {"stem"}
        assert sum(name.startswith("cell") for name in cells) == drawn.params["cells"]
        assert ranges.cells[0] <= drawn.params["cells"] <= ranges.cells[1]
        assert ranges.steps[0] <= drawn.params["steps"] <= ranges.steps[1]
        if drawn.params["cells"] > ranges.shallow:
            assert drawn.params["steps"] <= ranges.deep_steps
        assert mutate(space, drawn.params, rng).params != drawn.params


def test_networks_of_an_index_are_kept_by_the_generator() -> None:
    for index in range(30):
        drawn = network("train", index, SMALL, 16)
        assert drawn.params == network("train", index, CIFAR).params
        for cell in ("normal", "reduce"):
            operations = [
                value
                for name, value in drawn.params.items()
                if name.startswith(cell) and not name.endswith("inputs")
            ]
            assert sum(name in DENSE for name in operations) <= 1
            assert operations.count("cse") <= 1
        assert any(spec.role == "weight" for spec in drawn.network.parameters().values())
        assert all(node.op.kind != "zero" for node in drawn.network.nodes)


def test_too_large_networks_are_left_out() -> None:
    sizes = [cost(network("test", index, CIFAR).graph).params for index in range(30)]
    assert min(sizes) > 10**4
    assert max(sizes) < 10**7


def test_indices_splits_and_seeds_are_different_networks() -> None:
    networks = [network("test", 0, SMALL), network("test", 1, SMALL), network("val", 0, SMALL)]
    networks.append(network("test", 0, SMALL, seed=1))
    assert len({drawn.hash for drawn in networks}) == 4


def test_wide_is_four_times_as_wide() -> None:
    shapes = network("wide", 0, CIFAR).graph.shapes
    assert shapes["cell0.input1.norm"][1] == 4 * 32


def test_bnfree_has_no_batch_norm_and_loses_only_their_parameters() -> None:
    assert not any(
        node.op.kind == "batch_norm2d"
        for index in range(8)
        for node in network("bnfree", index, SMALL).graph.nodes
    )
    with_norm = SPACE.network(PLAN).parameters()
    without = SPACE.network(replace(PLAN, norm=False)).parameters()
    assert without == {name: spec for name, spec in with_norm.items() if ".norm." not in name}


def test_reductions_at_one_and_two_thirds_double_the_width() -> None:
    shapes = SPACE.network(PLAN).shapes
    assert [shapes[f"cell{index}.concat"][1:] for index in range(6)] == [
        (8, 16, 16),
        (8, 16, 16),
        (16, 8, 8),
        (16, 8, 8),
        (32, 4, 4),
        (32, 4, 4),
    ]


@pytest.mark.parametrize(
    ("resolution", "stem", "first", "last"),
    [
        (32, Stem(kind="plain"), (24, 32), 8),
        (32, Stem(kind="plain", pool=True), (24, 16), 4),
        (32, Stem(kind="imagenet", kernel=5), (8, 16), 4),
        (224, Stem(kind="plain", kernel=7), (8, 56), 14),
        (224, Stem(kind="imagenet"), (8, 28), 7),
    ],
)
def test_stems(resolution, stem, first, last) -> None:
    graph = SPACE.at(resolution=resolution).network(replace(PLAN, stem=stem))
    (state,) = (node for node in graph.nodes if node.name == "cell0.input1.relu")
    assert graph.shapes[state.name][1:3] == first
    assert graph.shapes["cell5.concat"][2] == last


@pytest.mark.parametrize(("resolution", "side"), [(8, 3), (16, 6), (32, 11), (64, 12), (224, 14)])
def test_attention_sees_a_few_patches(resolution, side) -> None:
    graph = SPACE.at(resolution=resolution).network(attentive())
    assert graph.parameters()["stem.position.value"].shape == (1, 8, side, side)
    assert graph.shapes["cell3.concat"] == (1, 8, side, side)


@pytest.mark.parametrize("project", [False, True])
@pytest.mark.parametrize("stem", [Stem(kind="imagenet"), Stem(kind="plain")])
def test_cells_without_projections(stem, project) -> None:
    plan = Plan(cells=3, genotype=CELLS, stem=stem, project=project)
    names = {node.name for node in SPACE.network(plan).nodes}
    assert ("cell0.input1.conv" in names) is project
    assert ("cell0.subsample" in names) is (stem.kind == "imagenet" and not project)


@pytest.mark.parametrize("pooled", [False, True])
def test_head(pooled) -> None:
    graph = SPACE.network(replace(PLAN, pooled=pooled, hidden=3))
    features = 32 if pooled else 32 * 4 * 4
    assert graph.parameters()["hidden.weight"].shape == (48, features)
    assert graph.parameters()["classifier.weight"].shape == (10, 48)


def test_depths_are_squeezed_in_order() -> None:
    depths = []
    for cells in range(4, 19):
        graph = SPACE.at(max_cells=8).network(replace(PLAN, cells=cells))
        depths.append(sum(node.name.endswith("input1.conv") for node in graph.nodes))
    assert depths == sorted(depths)
    assert (depths[0], depths[-1], len(set(depths))) == (4, 8, 5)


def test_positions_are_learned_and_matter() -> None:
    graph = SPACE.network(attentive(project=False))
    torch.manual_seed(0)
    module = to_module(graph).eval()
    params = dict(module.state_dict())
    images = torch.randn(3, 3, 16, 16)
    before = apply(graph, params, images)
    torch.testing.assert_close(before, module(images), rtol=1e-4, atol=1e-4)
    params["stem.position.value"] = params["stem.position.value"] + torch.randn(1, 8, 6, 6)
    assert not torch.allclose(before, apply(graph, params, images), atol=1e-3)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [({"split": "tset"}, "split must be one of 'train'"), ({"channels": 2}, "at least 4, got 2")],
)
def test_sizes_out_of_range(sizes, message) -> None:
    with pytest.raises(ConfigError, match=message):
        SPACE.at(**sizes)


def test_optuna_asks_the_same_parameters() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(20):
        trial = study.ask()
        graph = SPACE.build(trial)
        assert SPACE.graph(trial.params).hash() == graph.hash()


def preactivation(cells: int) -> Graph:
    """A residual network before its activations, a 1x1 convolution before each block."""
    b = GraphBuilder()
    x = conv_bn(b, b.input((1, 3, 16, 16)), 3 * 8)
    width = 8
    for index in range(cells):
        reduces = index in (cells // 3, 2 * cells // 3)
        width *= 2 if reduces else 1
        x = relu_conv_bn(b, x, width)
        y = relu_conv_bn(b, x, width, 3, stride=2 if reduces else 1)
        x = factorized_reduction(b, b.relu(x), width) if reduces else x
        x = b.concat(b.add(x, relu_conv_bn(b, y, width, 3)))
    return b.build(b.classifier(x, 10))


def test_the_known_network_is_residual() -> None:
    ((name, params),) = SPACE.known().items()
    assert name == "pre-activation ResNet-20"
    assert SPACE.graph(params).hash() == preactivation(6).hash()


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_knows_one(split) -> None:
    space = SPACE.at(split=split)
    ((_, params),) = space.known().items()
    assert space.replay(params)[0] == params
    operations = {params[f"normal.{block}.right_op"] for block in range(2)}
    assert operations == {"conv_3x3"}
