from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from nas.errors import CheckpointError
from nas.modules.loading import load_state

FILE = Path("weights.pt")


def test_equal_names_and_shapes_are_loaded() -> None:
    module, other = nn.Linear(2, 3), nn.Linear(2, 3)
    load_state(module, other.state_dict(), FILE)
    torch.testing.assert_close(module.weight, other.weight)


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ({"weight": torch.ones(3, 2)}, "they lack 1 tensor such as 'bias'"),
        (
            {"weight": torch.ones(3, 2), "bias": torch.ones(3), "a": torch.ones(1)},
            "they have 1 tensor such as 'a' which it lacks",
        ),
        (
            {"weight": torch.ones(3, 5), "bias": torch.ones(3)},
            r"'weight' is \(3, 5\), not \(3, 2\)",
        ),
    ],
)
def test_differences_are_named(state: dict[str, torch.Tensor], fault: str) -> None:
    with pytest.raises(CheckpointError, match=f"'weights.pt' are of another arch.*: {fault}$"):
        load_state(nn.Linear(2, 3), state, FILE)
