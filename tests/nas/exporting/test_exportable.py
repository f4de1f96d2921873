from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch

from nas.errors import CheckpointError
from nas.exporting.exportable import read_exportable
from nas.files import write_tensors
from nas.graph.builder import GraphBuilder

if TYPE_CHECKING:
    from pathlib import Path

    from nas.graph.graph import Graph

NAMES = {"layer.weight": "inner.weight", "layer.bias": "inner.bias"}
STATE = {"inner.weight": torch.ones(3, 2), "inner.bias": torch.zeros(3)}


def graph() -> Graph:
    b = GraphBuilder()
    return b.build(b.linear(b.input((1, 2)), 3, name="layer"))


def test_weights_under_names_of_a_users_module_are_loaded(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    write_tensors(file, STATE, {"names": json.dumps(NAMES)})
    network = read_exportable(graph(), file)
    assert network.names is None
    torch.testing.assert_close(network.module.state_dict()["layer.weight"], torch.ones(3, 2))


@pytest.mark.parametrize("missing", ["layer.weight", "layer.bias"])
@pytest.mark.parametrize("part", ["names", "tensors"])
def test_no_parameter_keeps_its_random_values(missing: str, part: str, tmp_path: Path) -> None:
    names, state, file = dict(NAMES), dict(STATE), tmp_path / "model.safetensors"
    if part == "names":
        del names[missing]
    else:
        del state[names[missing]]
    write_tensors(file, state, {"names": json.dumps(names)})
    with pytest.raises(CheckpointError, match=f"they lack '{missing}'"):
        read_exportable(graph(), file)


@pytest.mark.parametrize("head", [{"names": "[1]"}, {"figures": "3"}, {"task": "{"}])
def test_a_damaged_head_is_refused(head: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    write_tensors(file, STATE, head)
    with pytest.raises(CheckpointError, match=r"the head of .* is damaged"):
        read_exportable(graph(), file)
