"""DeepNets-1M against parameters counted from the layers its authors list for each operation."""

from __future__ import annotations

import pytest

from nas.analysis.cost import cost
from nas.space.trial import ReplayTrial
from nas.task.task import Task
from search_spaces.deepnets.plan import suggest_plan
from search_spaces.deepnets.space import network
from search_spaces.deepnets.split import SPLITS
from search_spaces.reference.deepnets import deepnets_vit

CIFAR = Task(classes=10, channels=3, resolution=32)


@pytest.mark.parametrize("split", SPLITS)
def test_parameters_of_every_part(split) -> None:
    for index in range(8):
        drawn = network(split, index, CIFAR)
        plan = suggest_plan(ReplayTrial(drawn.params), SPLITS[split])
        assert cost(drawn.graph).params == counted(plan, drawn.graph)


def test_predefined_vision_transformer() -> None:
    """Stem and positions, ten layers of attention, two of pooling, classifier."""
    layer = 4 * 128 + 6 * 128**2 + 3 * 128
    assert cost(deepnets_vit(CIFAR)).params == (27 + 121) * 128 + 10 * layer + 1290


def counted(plan, graph):
    width = 16 * plan.width
    total, before, last = stem(plan, width)
    for index in range(plan.cells):
        reduces = index in (plan.cells // 3, 2 * plan.cells // 3)
        width *= plan.multiplier if reduces else 1
        cell = plan.genotype.reduce if reduces else plan.genotype.normal
        if plan.project:
            total += (before + last) * width + 2 * norm(plan, width)
        strided = reduces and plan.stem.kind != "patch"
        for edge in (edge for block in cell for edge in block):
            total += operation(plan, edge.op, width, strided=strided and edge.state < 2)
        before, last = last, width * len(plan.genotype.normal_concat)
    if not plan.pooled:
        last *= graph.shapes[f"cell{plan.cells - 1}.concat"][2] ** 2
    hidden = 64 * plan.hidden
    return total + ((last + 1) * hidden + (hidden + 1) * 10 if hidden else (last + 1) * 10)


def stem(plan, width):
    """Parameters, and channels of the two outputs."""
    kernel = plan.stem.kernel**2
    if plan.stem.kind == "patch":
        return (27 + 11 * 11) * width, width, width
    if plan.stem.kind == "plain":
        wide = width * (3 if plan.project else 1)
        return 3 * kernel * wide + norm(plan, wide), wide, wide
    half = width // 2
    convs = 3 * kernel * half + 9 * half * width + 9 * width**2
    return convs + norm(plan, half) + 2 * norm(plan, width), width, width


def norm(plan, width):
    return 2 * width if plan.norm else 0


def operation(plan, name, c, *, strided):
    kernel = int(name[-1]) if name[-1].isdigit() else 0
    once = {
        "skip_connect": c * c + norm(plan, c) if strided else 0,
        "conv_7x1_1x7": 14 * c * c + norm(plan, c),
        "cse": 2 * c * (c // 2) + c // 2 + c,
        "msa": 4 * c + 6 * c * c + 3 * c,
    }
    separable = kernel**2 * c + c * c + norm(plan, c)
    by_family = {"sep": 2 * separable, "dil": separable, "con": (kernel * c) ** 2 + norm(plan, c)}
    return once.get(name, by_family.get(name[:3], 0))
