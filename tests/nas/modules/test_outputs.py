from __future__ import annotations

from dataclasses import dataclass

import torch

from nas.modules.outputs import tensors_in


@dataclass(frozen=True, slots=True)
class Slots:
    first: torch.Tensor
    rest: tuple[torch.Tensor, ...] = ()


class OneSlot(Slots):
    __slots__ = "more"


def test_tensors_stand_in_tables_and_in_fields_with_and_without_slots() -> None:
    a, b, c = torch.zeros(1), torch.ones(1), torch.ones(2)
    named = OneSlot(b, (c,))
    found = tensors_in({"x": [Slots(a)], "n": 3, "y": named})
    assert [id(tensor) for tensor in found] == [id(a), id(b), id(c)]
