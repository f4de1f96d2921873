from __future__ import annotations

import json
import math

import numpy as np
import optuna
import pytest

from nas.errors import ConfigError, EncodingError
from nas.space.candidate import sample
from nas.task.task import Task
from search_spaces.cells.darts import OPERATIONS, Darts
from search_spaces.cells.genotype import Edge, Genotype

TASK = Task(classes=10, channels=3, resolution=16)
SPACE = Darts(task=TASK, channels=4, cells=4)
BLOCK = [["sep_conv_3x3", 0], ["skip_connect", 1]]
CELL = [BLOCK] * 4
TEXT = json.dumps(
    {"normal": CELL, "normal_concat": [2, 3, 4, 5], "reduce": CELL, "reduce_concat": [2, 3, 4, 5]}
)


def altered(**changes):
    return json.dumps({**json.loads(TEXT), **changes})


def test_size_counts_unordered_pairs_of_states():
    pairs = math.prod(math.comb(states, 2) for states in (2, 3, 4, 5))
    assert SPACE.size() == (pairs * len(OPERATIONS) ** 8) ** 2


def test_edges_are_put_in_the_order_of_their_states():
    swapped = altered(normal=[[BLOCK[1], BLOCK[0]]] * 4)
    assert SPACE.decode(swapped) == SPACE.decode(TEXT)
    assert SPACE.graph(swapped).hash() == SPACE.graph(TEXT).hash()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (altered(normal=CELL[:3], normal_concat=[2]), "normal: expected 4 blocks, got 3"),
        (altered(reduce_concat=[2, 3, 4]), r"reduce_concat: expected \[2, 3, 4, 5\]"),
        (
            altered(reduce=[*CELL[:2], [["skip_connect", 1], ["sep_conv_3x3", 1]], BLOCK]),
            r"reduce\[2\]: expected two different states, got 1 twice",
        ),
        (
            altered(normal=[[["sep_conv_7x7", 0], ["skip_connect", 1]], *CELL[1:]]),
            r"normal\[0\]\[0\]: unknown operation 'sep_conv_7x7'.*Did you mean 'sep_conv_",
        ),
        (altered(normal=[[["none", 0], ["skip_connect", 1]], *CELL[1:]]), "operation 'none'"),
    ],
)
def test_malformed_text_says_where(text, message):
    with pytest.raises(EncodingError, match=message):
        SPACE.decode(text)


def test_names_are_scopes_of_the_cell():
    graph = SPACE.graph(TEXT)
    names = {node.name for node in graph.nodes}
    assert {"cell3.block1.left.first.depthwise", "cell0.input0.conv", "stem.norm"} <= names


def test_reductions_at_one_and_two_thirds():
    shapes = SPACE.graph(TEXT).shapes
    assert [shapes[f"cell{index}.concat"] for index in range(4)] == [
        (1, 16, 16, 16),
        (1, 32, 8, 8),
        (1, 64, 4, 4),
        (1, 64, 4, 4),
    ]


def test_without_a_normal_cell_there_is_no_space():
    with pytest.raises(ConfigError, match="cells must be at least 3, got 2"):
        SPACE.at(cells=2)


def test_imagenet_stem_divides_the_resolution_by_eight():
    graph = SPACE.at(stem="imagenet", resolution=64, cells=3).graph(TEXT)
    assert graph.shapes["cell0.concat"][2:] == (8, 8)


def test_network_takes_other_operations_and_lengths():
    block = (Edge("sep_conv_7x7", 0), Edge("conv_7x1_1x7", 1))
    genotype = Genotype(normal=(block,), normal_concat=(1, 2), reduce=(block,), reduce_concat=(2,))
    graph = SPACE.network(genotype)
    assert graph.shapes["cell0.concat"] == (1, 8, 16, 16)
    unknown = Genotype(
        normal=((Edge("sep_conv_9x9", 0), Edge("identity", 1)),),
        normal_concat=(2,),
        reduce=(block,),
        reduce_concat=(2,),
    )
    with pytest.raises(EncodingError, match="sep_conv_9x9"):
        SPACE.network(unknown)


def test_optuna_asks_the_same_parameters():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    trial = study.ask()
    graph = SPACE.build(trial)
    assert SPACE.graph(trial.params).hash() == graph.hash()
    assert set(trial.params) == set(sample(SPACE, np.random.default_rng(0)).params)
