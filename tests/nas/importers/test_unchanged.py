"""Importing a module does not change it, whatever its forward does."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nas.errors import ImportingError
from nas.importers.from_module import from_module
from nas.modules.calling import graph_call
from nas.modules.example_inputs import first_taken
from tests.nas.importers.written import Written

if TYPE_CHECKING:
    from collections.abc import Callable

X = torch.linspace(-1, 1, 12).reshape(3, 4)


class Memory:
    """An object that a module may hold beside its tensors."""

    def __init__(self) -> None:
        self.seen: list[Tensor] = [torch.zeros(4)]
        self.calls = 0


class Restless(nn.Module):
    """Changes itself in the given ways.

    Args:
        changes: Names of :data:`CHANGES`, in the order they are made.
        fails: Whether ``forward`` raises after that.
        looks: Whether it reads values, so that it must run on real tensors.
    """

    mean: Tensor
    count: Tensor

    def __init__(self, changes: list[str], *, fails: bool = False, looks: bool = False) -> None:
        super().__init__()
        self.changes, self.fails, self.looks = changes, fails, looks
        self.layer, self.norm = nn.Linear(4, 4), nn.BatchNorm1d(4)
        self.register_buffer("mean", torch.zeros(4))
        self.register_buffer("count", torch.tensor(0))
        self.plain = torch.ones(2, 4)
        self.part_of_it = self.plain[0]
        self.table: dict[str, Any] = {"inner": {"list": [torch.zeros(4)]}}
        self.recent: deque[Any] = deque([torch.zeros(4)], maxlen=3)
        self.memory = Memory()
        self.histogram = np.zeros(3)
        self.calls = 0

    def forward(self, x: Tensor, *more: Tensor) -> Tensor:
        for change in self.changes:
            CHANGES[change](self, x)
        if self.looks and x.sum() > 1e9:
            return x
        if self.fails:
            raise RuntimeError("out of order")
        return self.norm(self.layer(x)) + self.mean + self.plain[0]


def _remember(model: Restless, x: Tensor) -> None:
    model.table["inner"]["list"].append(x)
    model.table["inner"]["list"][0].add_(1)
    model.recent.append(x)
    model.recent[0].add_(1)


def _in_object(model: Restless, x: Tensor) -> None:
    model.memory.calls += 1
    model.memory.seen[0].add_(1)
    model.memory.seen.append(x)


def _register(model: Restless, x: Tensor) -> None:
    model.register_buffer("late", x.detach(), persistent=False)
    model.add_module("later", nn.Linear(2, 2))


def _set_weight(model: Restless, x: Tensor) -> None:
    model.layer.weight.data.mul_(0.5)


def _other_mode(model: Restless, x: Tensor) -> None:
    model.norm.training = not model.norm.training


CHANGES: dict[str, Callable[[Restless, Tensor], Any]] = {
    "average": lambda m, x: m.mean.mul_(0.9).add_(x.detach().mean(0)),
    "average assigned": lambda m, x: setattr(m, "mean", 0.9 * m.mean + x.detach().mean(0)),
    "count": lambda m, x: m.count.add_(1),
    "count by hand": lambda m, x: setattr(m, "calls", m.calls + 1),
    "fixed attribute": lambda m, x: m.part_of_it.add_(1),
    "attribute": lambda m, x: m.plain.add_(x.detach().mean()),
    "tables": _remember,
    "object": _in_object,
    "numpy": lambda m, x: np.add.at(m.histogram, 0, 1.0),
    "registers": _register,
    "weight": _set_weight,
    "mode": _other_mode,
}


def snapshot(model: Restless) -> dict[str, Any]:
    """The whole state of a model, tensors with their identity and bits."""
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    attributes = {name: value for name, value in vars(model).items() if not name.startswith("_")}
    return {
        **{name: bits(value) for name, value in attributes.items()},
        "identities": {name: id(tensor) for name, tensor in tensors.items()},
        "tensors": bits(tensors),
        "modes": [part.training for part in model.modules()],
        "modules": [name for name, _ in model.named_modules()],
        "state": list(model.state_dict()),
        "held": id(model.plain),
    }


def bits(part: Any) -> Any:
    """A form that can be compared by ``==``."""
    if isinstance(part, Tensor | np.ndarray):
        array = part.detach().numpy() if isinstance(part, Tensor) else part
        return str(array.dtype), array.shape, array.tobytes()
    if isinstance(part, Memory):
        return bits(vars(part))
    if isinstance(part, dict):
        return {name: bits(value) for name, value in part.items()}
    return [bits(inner) for inner in part] if isinstance(part, list | deque) else part


def read(model: Restless) -> None:
    with suppress(ImportingError):
        from_module(model, X)


READERS: dict[str, Callable[[Restless], object]] = {
    "from_module": read,
    "guessed inputs": lambda m: first_taken(m, [(1, 5), (1, 4)]),
    "graph": lambda m: graph_call(m, X, torch.tensor([[0], [1]])),
}


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=15, deadline=None)
@given(
    changes=st.lists(st.sampled_from(sorted(CHANGES)), max_size=4),
    fails=st.booleans(),
    looks=st.booleans(),
    reader=st.sampled_from(sorted(READERS)),
)
def test_a_module_is_the_same_to_the_bit(changes, fails, looks, reader) -> None:
    model = Restless(changes, fails=fails, looks=looks)
    before = snapshot(model)
    with suppress(ImportingError, Exception if fails else ImportingError):
        READERS[reader](model)
    assert snapshot(model) == before


@pytest.mark.parametrize("looks", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_undone(change, looks) -> None:
    model = Restless([change], looks=looks)
    before = snapshot(model)
    read(model)
    assert snapshot(model) == before


def test_attributes_keep_their_type_while_a_module_runs() -> None:
    def sized(self: nn.Module, x: Tensor) -> Tensor:
        size: torch.Size = self.size  # type: ignore[assignment]
        return x.reshape(-1, size.numel())

    model = Written(sized)
    model.size = torch.Size([2, 2])  # type: ignore[assignment]
    assert from_module(model, X).batch is None


def test_the_graph_computes_the_next_run_of_the_module() -> None:
    model = Restless(["count", "fixed attribute"])
    imported = from_module(model, X)
    assert model.count == 0
    assert torch.equal(model.plain, torch.ones(2, 4))
    assert imported.coverage.share == 1
