"""The conformance tests find what is wrong with an operation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn

from nas.graph.op import OPS, FreeOp, OpFeatures, ParamSpec, Role, operation
from nas.graph.ops import Attention, Conv2d, Embedding, Parameter
from nas.testing.op import OpCase, OpConformance

IMAGE = (1, 3, 8, 8)


class Suite(OpConformance):
    @staticmethod
    def cases():
        return []


def outcomes(case):
    """Names of the tests that a case fails."""
    suite = Suite()
    failed = set()
    for name in dir(suite):
        if name.startswith("test_"):
            try:
                getattr(suite, name)(case)
            except (Exception, pytest.fail.Exception):
                failed.add(name)
    return failed


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    monkeypatch.setattr(OPS, "_things", dict(OPS._things))


def register(**members):
    """An operation that doubles its input, with some of its methods replaced."""

    @operation("probe")
    @dataclass(frozen=True, kw_only=True)
    class Probe(FreeOp):
        """Twice the input."""

        factor: int = 2

        def infer_shape(self, *inputs):
            return inputs[0]

        def forward(self, params, *inputs):
            return self.factor * inputs[0]

        def features(self):
            return OpFeatures(kind="probe")

    for name, member in members.items():
        setattr(Probe, name, member)
    return OpCase(Probe(), (IMAGE,))


def test_a_sound_operation_passes():
    assert outcomes(register()) == set()
    assert outcomes(OpCase(Conv2d(out_channels=2), (IMAGE,), macs=64 * 2 * 27)) == set()


@pytest.mark.parametrize(
    ("members", "test"),
    [
        (
            {"infer_shape": lambda self, *inputs: (*inputs[0][:-1], 7)},
            "test_shape_is_the_one_its_module_gives",
        ),
        (
            {"infer_shape": lambda self, *inputs: (1, *inputs[0][1:])},
            "test_shape_is_the_one_the_forward_pass_gives",
        ),
        (
            {"infer_shape": lambda self, *inputs: tuple(torch.zeros(inputs[0]).shape)},
            "test_costs_nothing_to_size",
        ),
        (
            {"parameters": lambda self, *inputs: {"weight": ParamSpec((3,), Role.WEIGHT)}},
            "test_parameters_are_those_of_its_module",
        ),
        (
            {"module": lambda self, *inputs: nn.BatchNorm2d(3)},
            "test_parameters_are_those_of_its_module",
        ),
        (
            {"module": lambda self, *inputs: nn.ReLU()},
            "test_forward_and_module_compute_the_same",
        ),
        (
            {"forward": lambda self, params, *inputs: inputs[0] - inputs[0].mean(0)},
            "test_samples_do_not_change_each_other",
        ),
        ({"macs": lambda self, *inputs: -1}, "test_macs_are_those_counted_by_hand"),
        ({"features": lambda self: None}, "test_features_can_be_read"),
        (
            {"features": lambda self: OpFeatures(kind="probe", stride=0)},
            "test_features_can_be_read",
        ),
        ({"kind": "conv2d"}, "test_json_returns_it"),
        ({"__doc__": ""}, "test_says_what_it_is"),
        ({"__eq__": lambda self, other: self is other}, "test_is_a_frozen_hashable_value"),
        ({"__setattr__": object.__setattr__}, "test_is_a_frozen_hashable_value"),
        ({"arity": 2}, "test_arity_is_the_number_of_inputs"),
    ],
)
def test_a_fault_is_found(members, test):
    assert test in outcomes(register(**members))


def test_an_operation_that_is_not_registered_is_found():
    case = register()
    OPS._things.pop("probe")
    with pytest.raises(Exception, match="unknown operation 'probe'"):
        Suite().test_is_registered_under_its_kind(case)


@pytest.mark.parametrize("macs", [0, 64 * 2 * 27 + 1])
def test_a_wrong_count_is_found(macs):
    sound = OpCase(Conv2d(out_channels=2), (IMAGE,), macs=64 * 2 * 27)
    assert outcomes(replace(sound, macs=macs)) >= {"test_macs_are_those_counted_by_hand"}


@pytest.mark.parametrize("commutative", [True, False])
def test_a_wrong_claim_about_order_is_found(commutative):
    def combine(self, params, *inputs):
        return inputs[0] + inputs[1] * (2 if commutative else 1)

    case = register(forward=combine, arity=2, commutative=commutative)
    case = replace(case, inputs=(IMAGE, IMAGE))
    assert outcomes(case) == {"test_order_of_inputs_matters_unless_commutative"}


def test_an_operation_of_ids_gets_ids():
    case = OpCase(Embedding(num_embeddings=5, dim=2), ((1, 400),), ids=(5,))
    (ids,) = case.tensors(3)
    assert ids.shape == (3, 400)
    assert ids.unique().tolist() == [0, 1, 2, 3, 4]
    assert case.graph.inputs[0].dtype == "int64"
    assert outcomes(case) == set()


def test_an_operation_without_inputs_is_tested_too():
    case = OpCase(Parameter(shape=(2, 3)), ())
    assert outcomes(case) == set()
    assert outcomes(replace(case, macs=1)) == {
        "test_macs_are_those_counted_by_hand",
        "test_costs_nothing_to_size",
    }


def test_an_order_that_is_refused_matters():
    case = OpCase(Attention(heads=1), ((1, 4, 6), (1, 5, 6), (1, 5, 6)), macs=2 * 4 * 5 * 6)
    assert outcomes(case) == set()
