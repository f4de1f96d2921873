from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import optuna
import pytest

from nas.errors import EncodingError, ShapeError
from nas.space.candidate import sample
from nas.task.task import Task
from search_spaces.cells.genotype import Genotype, unused_states
from search_spaces.cells.nasnet import OPERATIONS, NasNet
from search_spaces.cells.published import NASNET_A

TASK = Task(classes=10, channels=3, resolution=16)
GOLDEN = Path(__file__).parents[2] / "golden"
GENOTYPES = json.loads((GOLDEN / "darts.json").read_text())["genotypes"]
SPACE = NasNet(task=TASK, channels=4, cells=1)
STRICT = dataclasses.replace(
    NASNET_A,
    normal_concat=unused_states(NASNET_A.normal),
    reduce_concat=unused_states(NASNET_A.reduce),
)


def altered(**changes):
    return json.dumps({**json.loads(STRICT.to_json()), **changes})


def test_thirteen_operations():
    assert len(set(OPERATIONS)) == 13


def test_size_counts_every_choice():
    choices = sample(SPACE, np.random.default_rng(0)).params
    assert len(choices) == 2 * 5 * 4
    one_cell = 1
    for block in range(5):
        one_cell *= (block + 2) ** 2 * 13**2
    assert SPACE.size() == one_cell**2


def test_released_cell_with_the_rule_of_the_space():
    assert STRICT.normal_concat == (2, 3, 4, 5, 6)
    assert STRICT.reduce_concat == (4, 5, 6)
    params = SPACE.decode(STRICT.to_json())
    assert params["normal.2.right_op"] == "identity"
    assert params["reduce.3.left_input"] == 3
    assert SPACE.graph(params).hash() == SPACE.network(STRICT).hash()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (NASNET_A.to_json(), r"normal_concat: .* no block reads, \[2, 3, 4, 5, 6\]"),
        (altered(reduce=json.loads(altered())["reduce"][:4], reduce_concat=[4, 5]), "reduce: .*5"),
        (STRICT.to_json().replace("identity", "skip_connect"), r"normal\[2\]\[1\].*skip_connect"),
        (STRICT.to_json()[:-1], "as a JSON object"),
    ],
)
def test_malformed_text_says_where(text, message):
    with pytest.raises(EncodingError, match=message):
        SPACE.decode(text)


@pytest.mark.parametrize("seed", range(10))
def test_output_concatenates_the_states_no_block_reads(seed):
    drawn = sample(SPACE, np.random.default_rng(seed))
    genotype = Genotype.from_json(drawn.architecture)
    width = 4 * len(unused_states(genotype.normal))
    assert drawn.graph.shapes["cell0.concat"] == (1, width, 16, 16)
    assert drawn.graph.shapes["reduction0.concat"][2:] == (8, 8)


def test_stacks_and_reductions():
    graph = SPACE.at(cells=2, reductions=1).network(STRICT)
    cells = dict.fromkeys(node.name.split(".")[0] for node in graph.nodes)
    assert list(cells) == [
        "stem",
        "cell0",
        "cell1",
        "reduction0",
        "cell2",
        "cell3",
        "relu",
        "pool",
        "flatten",
        "classifier",
    ]
    assert "cell3.block0.left.first.depthwise.weight" in graph.parameters()


def test_first_cell_reads_the_stem_itself():
    graph = SPACE.network(STRICT)
    (first,) = (node for node in graph.nodes if node.name == "cell0.block0.right.first.relu")
    assert first.inputs == ("stem.norm",)


def test_imagenet_stem_reduces_three_times():
    space = SPACE.at(stem="imagenet", stem_multiplier=1, channels=8, resolution=65)
    shapes = space.network(STRICT).shapes
    assert shapes["stem.norm"] == (1, 32, 32, 32)
    assert shapes["stem1.concat"] == (1, 3 * 4, 8, 8)


def test_an_image_too_small_names_the_node():
    with pytest.raises(ShapeError, match=r"node 'stem\.conv'"):
        SPACE.at(stem="imagenet", channels=8, resolution=2).network(NASNET_A)


def test_optuna_asks_the_same_parameters():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    trial = study.ask()
    graph = SPACE.build(trial)
    assert SPACE.graph(trial.params).hash() == graph.hash()
    assert SPACE.decode(SPACE.encode(trial.params)) == trial.params


def test_known_cells_are_the_published_ones():
    known = SPACE.known()
    nasnet, amoebanet = (SPACE.graph(params) for params in known.values())
    assert nasnet.hash() == SPACE.network(STRICT).hash()
    convolutions = {"skip_connect": "identity", "conv_7x1_1x7": "conv_1x7_7x1"}
    text = json.dumps(GENOTYPES["AmoebaNet"])
    for theirs, ours in convolutions.items():
        text = text.replace(theirs, ours)
    cells = {key: value for key, value in json.loads(text).items() if key != "source"}
    assert amoebanet.hash() == SPACE.graph(json.dumps(cells)).hash()
