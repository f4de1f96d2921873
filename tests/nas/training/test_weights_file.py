from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from safetensors import safe_open
from safetensors.torch import load_file

from nas.compile.module import to_module
from nas.data.split import Split
from nas.training.weights_file import save_weights
from tests.nas.training.train_toys import toy_data, toy_graph

if TYPE_CHECKING:
    from pathlib import Path


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
