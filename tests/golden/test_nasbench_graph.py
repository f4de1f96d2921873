"""NAS-Bench-Graph against the keys and the numbers of parameters in its tables."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from nas.analysis.cost import cost
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from search_spaces.nodes.nasbench_graph import LINKS, OPERATIONS, canonical_form
from search_spaces.registry import get

GOLDEN = json.loads(Path(__file__).with_name("nasbench_graph.json").read_text())
DATASETS = sorted(GOLDEN.keys() - {"source"})


def space(dataset):
    sizes = GOLDEN[dataset]
    task = Task(kind=NODE_CLASSIFICATION, features=sizes["features"], classes=sizes["classes"])
    return get("nasbench-graph", task)


@pytest.mark.parametrize("dataset", DATASETS)
def test_parameters_are_those_of_the_table(dataset):
    table = GOLDEN[dataset]["params"]
    built = {key: cost(space(dataset).graph(str(key))).params for key, _ in table}
    assert built == dict(table)


@pytest.mark.parametrize("dataset", DATASETS)
def test_keys_of_the_table_are_canonical_and_hash_apart(dataset):
    keys = [f"{key:05d}" for key, _ in GOLDEN[dataset]["params"]]
    assert [space(dataset).canonical(key) for key in keys] == keys
    assert len({space(dataset).graph(key).hash() for key in keys}) == len(keys)


@pytest.mark.slow
def test_there_are_as_many_canonical_forms_as_entries():
    links = [tuple(map(int, link)) for link in LINKS]
    digits = range(len(OPERATIONS))
    forms = {
        canonical_form(link, operations)
        for link in links
        for operations in itertools.product(digits, repeat=4)
    }
    skips = len(OPERATIONS) - 1
    assert ((0, 1, 2, 3), (skips,) * 4) in forms  # which no table lists
    assert len(forms) - 1 == space("cora").size() == 26206


@pytest.mark.slow
def test_the_whole_table_of_cora_if_it_is_installed():
    tables = pytest.importorskip("nas_bench_graph")
    cora = space("cora")
    for key, entry in tables.light_read("cora").items():
        assert cost(cora.graph(str(key))).params == round(entry["para"] * 1e6), key
