from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

import pytest
import torch
from torch_geometric.nn import MessagePassing

from benchmarks.gain import run
from benchmarks.gain.course import read
from benchmarks.gain.graph_networks import GRAPH_NETWORKS
from nas.importers.from_module import from_module
from nas.modules.calling import as_record, called_with, graph_call
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

TASK = Task(kind=NODE_CLASSIFICATION, features=6, classes=3)
GRAPH = torch.randn(5, 6), torch.tensor([[0, 1, 2, 3, 4, 0], [1, 2, 3, 4, 0, 2]])


@pytest.mark.parametrize("name", GRAPH_NETWORKS)
def test_they_classify_nodes_and_every_parameter_is_in_the_graph(name):
    network = GRAPH_NETWORKS[name](TASK).eval()
    assert any(isinstance(part, MessagePassing) for part in network.modules())
    call = graph_call(network, *GRAPH)
    assert (call is as_record) == (name == "Kipf")
    assert network(*call(*GRAPH)).shape == (5, 3)
    with called_with(network, call):
        assert from_module(network, GRAPH).coverage.share == 1


def test_the_command_compares_on_graphs(tmp_path):
    words = ("--dataset", "digits-knn", "--weights", "gnn-digits-knn", "--networks", "Kipf")
    few = ("--steps", "1", "--rates", "0.01", "--seeds", "1", "2", "--out", str(tmp_path))
    with redirect_stdout(StringIO()) as text:
        run.main([*words, *few])
    (file,) = tmp_path.glob("*/kipf.json")
    rows = {row.key: row for row in read(file)}
    before = [rows["predicted", 1, 0.01, seed].before for seed in (1, 2)]
    assert before[0] == before[1] > 2 * rows["default", 1, 0.01, 1].before
    assert "| Kipf |" in text.getvalue()


def test_networks_for_other_samples_are_no_choice(capsys):
    with pytest.raises(SystemExit):
        run.parse(["--dataset", "cora", "--networks", "plain"])
    assert "no network 'plain' for cora; Kipf" in capsys.readouterr().err
