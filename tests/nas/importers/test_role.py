from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nas.graph.op import Role
from tests.nas.importers.written import Written, checked

X = torch.linspace(-1, 1, 24).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("shape", "function", "role"),
    [
        ((4, 5), lambda s, x: x @ s.p, Role.WEIGHT),
        ((5, 4), lambda s, x: x @ s.p.T, Role.WEIGHT),
        ((20,), lambda s, x: x @ s.p.view(4, 5), Role.BIAS),
        ((5, 4), lambda s, x: F.linear(x.exp(), s.p * 2), Role.SCALE),
        ((4,), lambda s, x: x + s.p, Role.BIAS),
        ((4,), lambda s, x: x * s.p, Role.SCALE),
        ((4,), lambda s, x: F.layer_norm(x, (4,), s.p), Role.SCALE),
        ((4,), lambda s, x: F.layer_norm(x, (4,), bias=s.p), Role.SHIFT),
        ((1, 3, 4), lambda s, x: x.exp() - s.p, Role.TABLE),
        ((1, 1, 4), lambda s, x: torch.cat([s.p.expand(x.shape[0], -1, -1), x], 1), Role.TABLE),
        ((9, 4), lambda s, x: x + s.p[torch.tensor([1, 5, 8])], Role.TABLE),
    ],
)
def test_the_role_of_a_parameter_follows_from_its_reader(shape, function, role) -> None:
    value = torch.linspace(0.1, 1, math.prod(shape)).reshape(shape)
    model = Written(function, p=nn.Parameter(value))
    assert checked(model, X).graph.parameters()["p.value"].role is role
