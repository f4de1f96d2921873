from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from nas.errors import CheckpointError, StudyError
from nas.resume import check_same, difference, read_state, write_state

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = {"seed": 0, "config": {"epochs": 3, "lr": 0.1}, "objectives": ["score:max"]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"seed": 1}, "another seed: 0, not 1"),
        ({"seed": None}, "another seed: 0, not none"),
        ({"objectives": ["loss:min"]}, 'other objectives: ["score:max"], not ["loss:min"]'),
        (
            {"config": {"epochs": 9, "lr": 0.1}},
            'another config: {"epochs": 3}, not {"epochs": 9}',
        ),
        ({"config": {"epochs": 3}}, 'another config: {"lr": 0.1}, not {}'),
        ({"space": "nb201"}, 'another space: none, not "nb201"'),
        (
            {"seed": 1, "objectives": []},
            'another seed: 0, not 1; other objectives: ["score:max"], not []',
        ),
    ],
)
def test_all_differences_are_named_with_both_values(changes: dict[str, Any], said: str) -> None:
    assert difference(BEFORE, {**BEFORE, **changes}) == said


def test_only_differences_inside_nested_settings_are_named() -> None:
    said = difference(
        {"space": {"task": {"classes": 3, "side": 8}}},
        {"space": {"task": {"classes": 4, "side": 8}}},
    )
    assert said == 'another space: {"task": {"classes": 3}}, not {"task": {"classes": 4}}'


def test_progress_beside_the_settings_makes_no_difference() -> None:
    check_same({**BEFORE, "seconds": 3}, BEFORE, "it", StudyError)


def test_another_run_is_refused_with_the_error_of_the_caller() -> None:
    with pytest.raises(StudyError, match=r"^the run in 'a' was made with another seed: 0, not 1$"):
        check_same(BEFORE, {**BEFORE, "seed": 1}, "the run in 'a'", StudyError)


OPTIMISERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "adam": lambda parameters: torch.optim.AdamW(parameters, lr=0.1),
    "fused adam": lambda parameters: torch.optim.AdamW(parameters, lr=0.1, fused=True),
}


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def advance(module: nn.Module, optimiser: torch.optim.Optimizer, steps: range) -> None:
    for step in steps:
        batch = torch.randn(8, 3, generator=torch.Generator().manual_seed(step))
        optimiser.zero_grad()
        module(batch).square().mean().backward()
        optimiser.step()


@pytest.mark.parametrize("make", OPTIMISERS.values(), ids=OPTIMISERS.keys())
def test_a_training_from_a_written_state_equals_one_without_a_stop(
    make: Any, tmp_path: Path
) -> None:
    file = tmp_path / "state.safetensors"
    whole = network()
    optimiser = make(whole.parameters())
    advance(whole, optimiser, range(3))
    write_state(file, whole, optimiser, {"step": 3})
    advance(whole, optimiser, range(3, 6))

    resumed = network()
    optimiser = make(resumed.parameters())
    state = read_state(file, CheckpointError)
    state.load_into(resumed, optimiser)
    advance(resumed, optimiser, range(state.progress["step"], 6))

    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_other_tensors_are_kept_under_their_name(tmp_path: Path) -> None:
    module, file = network(), tmp_path / "state.safetensors"
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    write_state(file, module, optimiser, {}, best={"0.weight": torch.ones(2)})
    state = read_state(file, CheckpointError)

    assert torch.equal(state.part("best")["0.weight"], torch.ones(2))
    assert state.part("none") == {}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (nn.Linear(3, 5), "state_dict"),
        (nn.Sequential(nn.Linear(3, 4)), "state_dict"),
    ],
)
def test_a_state_of_another_module_is_refused(other: nn.Module, said: str, tmp_path: Path) -> None:
    module, file = network(), tmp_path / "state.safetensors"
    write_state(file, module, torch.optim.SGD(module.parameters(), lr=0.1), {})
    with pytest.raises(CheckpointError, match=said):
        read_state(file, CheckpointError).load_into(other, torch.optim.SGD(other.parameters()))
