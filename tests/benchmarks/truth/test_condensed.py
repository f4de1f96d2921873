from __future__ import annotations

import json

import pytest

import nas
from benchmarks.truth import table as truth
from benchmarks.truth.condensed import build
from nas.analysis.cost import cost
from nas.graph.ops.activation import PReLU
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

TASKS = {
    name: Task(kind=NODE_CLASSIFICATION, features=features, classes=classes)
    for name, features, classes in (
        ("Cora", 1433, 7),
        ("CiteSeer", 3703, 6),
        ("AmazonComputers", 767, 10),
    )
}


@pytest.mark.parametrize(
    ("data", "layers", "stage", "published"),
    [
        ("Cora", (1, 2, 2), "skipconcat", 286_238),
        ("Cora", (1, 2, 2), "skipsum", 433_683),
        ("Cora", (2, 4, 2), "skipconcat", 224_854),
        ("Cora", (2, 8, 3), "skipconcat", 174_884),
        ("Cora", (2, 8, 3), "skipsum", 290_275),
        ("CiteSeer", (1, 2, 2), "skipsum", 907_903),
        ("CiteSeer", (1, 8, 3), "skipconcat", 232_941),
        ("AmazonComputers", (2, 6, 2), "skipconcat", 175_615),
        ("AmazonComputers", (1, 4, 3), "skipsum", 248_503),
    ],
)
def test_parameters_are_those_of_the_published_results(
    data: str, layers: tuple[int, int, int], stage: str, published: int
) -> None:
    """In the authors' program all layers share one slope."""
    names = ("layers_pre_mp", "layers_mp", "layers_post_mp")
    design = {**dict(zip(names, layers, strict=True)), "stage_type": stage, "agg": "add"}
    graph = nas.own_space(build, TASKS[data]).graph(design)
    slopes = sum(isinstance(node.op, PReLU) for node in graph.nodes)
    assert cost(graph).params == published + slopes - 1


def test_the_table_holds_each_design_once() -> None:
    table = truth.read("graphgym")
    space = table.search_space(TASKS["Cora"])
    assert len(table.draw(space, 200, seed=0)) == len(table.rows) == 96
    assert len(set(table.measures)) == 17
    assert table.deviations.keys() == table.rows.keys()
    choices = [json.loads(design) for design in table.rows]
    assert {len({one[name] for one in choices}) for name in choices[0]} == {2, 3, 4}
