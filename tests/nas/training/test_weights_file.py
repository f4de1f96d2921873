from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from nas.compile.module import to_module
from nas.data.description import Description
from nas.data.split import Split
from nas.errors import CheckpointError
from nas.training.weights_file import load_weights, save_weights
from tests.nas.training.train_toys import toy_data, toy_graph

if TYPE_CHECKING:
    from pathlib import Path


def saved(thing: object) -> bytes:
    content = io.BytesIO()
    torch.save(thing, content)
    return content.getvalue()


def test_the_file_holds_the_state_and_how_the_inputs_are_normalised(tmp_path: Path) -> None:
    data = replace(toy_data(), class_names=("a", "b", "c"))
    module, file = to_module(toy_graph()), tmp_path / "weights.safetensors"
    save_weights(module, file, data)
    torch.testing.assert_close(load_file(file), dict(module.state_dict()))
    with safe_open(file, "pt") as opened:
        found = {n: json.loads(t) for n, t in opened.metadata().items() if n != "digest"}
    assert (found["dataset"], found["resolution"]) == ("toy", 8)
    assert found["class_names"] == ["a", "b", "c"]
    split = data.train
    assert isinstance(split, Split)
    mean, std = (torch.tensor(found[name])[:, None, None] for name in ("mean", "std"))
    torch.testing.assert_close((split.images - mean) / std, split.normalised(slice(None)))


@pytest.mark.parametrize("within", [None, "state_dict", "model"])
def test_states_that_torch_saved_are_loaded(within: str | None, tmp_path: Path) -> None:
    other, file = nn.Linear(2, 3), tmp_path / "weights.pt"
    torch.save(other.state_dict() if within is None else {within: other.state_dict()}, file)
    module = nn.Linear(2, 3)
    assert load_weights(module, file) == {}
    torch.testing.assert_close(module.weight, other.weight)


def test_written_weights_are_loaded_with_their_description(tmp_path: Path) -> None:
    data, file = toy_data(), tmp_path / "weights.safetensors"
    save_weights(nn.Linear(2, 3), file, data)
    assert Description.read(load_weights(nn.Linear(2, 3), file)) == Description.of(data)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no weights", "cannot read the weights"),
        (saved([1, 2]), "it holds no state of tensors by name"),
        (saved({"weight": 1}), "it holds no state of tensors by name"),
        (saved(nn.Linear(2, 2)), "cannot read the weights .*Weights only load failed"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        load_weights(nn.Linear(2, 3), file)


def test_missing_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="No such file"):
        load_weights(nn.Linear(2, 3), tmp_path / "weights.pt")
