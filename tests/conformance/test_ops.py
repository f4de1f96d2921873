"""Every registered operation satisfies the contract."""

from __future__ import annotations

from hypernets.features import CUT, KINDS, PASSED
from nas.graph.op import OPS
from nas.graph.ops import (
    Activation,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Dropout,
    DropPath,
    Flatten,
    GroupNorm,
    Identity,
    LayerNorm,
    Linear,
    MaxPool2d,
    Mul,
    Shift2d,
    Zero,
)
from nas.graph.ops.activation import FUNCTIONS
from nas.testing.op import OpCase, OpConformance

IMAGE = (1, 6, 8, 8)
ODD = (1, 4, 9, 7)
VECTOR = (1, 12)
TOKENS = (1, 5, 12)

CASES = [
    *(OpCase(Activation(function=function), (IMAGE,)) for function in FUNCTIONS),
    OpCase(AdaptiveAvgPool2d(), (IMAGE,)),
    OpCase(AdaptiveAvgPool2d(size=3), (ODD,)),
    OpCase(AdaptiveMaxPool2d(), (IMAGE,)),
    OpCase(AdaptiveMaxPool2d(size=4), (IMAGE,)),
    OpCase(Add(), (IMAGE,)),
    OpCase(Add(), (IMAGE, IMAGE)),
    OpCase(Add(), (VECTOR, VECTOR, VECTOR)),
    OpCase(AvgPool2d(), (IMAGE,)),
    OpCase(AvgPool2d(kernel=(2, 2), stride=2, padding=(0, 0)), (ODD,)),
    OpCase(AvgPool2d(kernel=(2, 2), stride=2, padding=(1, 1)), (ODD,)),
    OpCase(AvgPool2d(kernel=(5, 3), stride=2), (ODD,)),
    OpCase(BatchNorm2d(), (IMAGE,)),
    OpCase(BatchNorm2d(eps=1e-3, momentum=0.01), (ODD,)),
    OpCase(Concat(), (IMAGE,)),
    OpCase(Concat(), (IMAGE, (1, 2, 8, 8))),
    OpCase(Concat(), (VECTOR, VECTOR, (1, 3))),
    OpCase(Conv2d(out_channels=4), (IMAGE,), macs=8 * 8 * 4 * 6 * 3 * 3),
    OpCase(Conv2d(out_channels=4, bias=True), (IMAGE,), macs=8 * 8 * 4 * 6 * 3 * 3),
    OpCase(Conv2d(out_channels=6, groups=6), (IMAGE,), macs=8 * 8 * 6 * 3 * 3),
    OpCase(Conv2d(out_channels=9, groups=3), (IMAGE,), macs=8 * 8 * 9 * 2 * 3 * 3),
    OpCase(Conv2d(out_channels=5, kernel=(1, 1)), (IMAGE,), macs=8 * 8 * 5 * 6),
    OpCase(Conv2d(out_channels=4, kernel=(1, 7)), (IMAGE,), macs=8 * 8 * 4 * 6 * 7),
    OpCase(Conv2d(out_channels=4, stride=(2, 2)), (IMAGE,), macs=4 * 4 * 4 * 6 * 3 * 3),
    OpCase(Conv2d(out_channels=4, stride=(2, 2)), (ODD,), macs=5 * 4 * 4 * 4 * 3 * 3),
    OpCase(Conv2d(out_channels=4, stride=(1, 2)), (ODD,), macs=9 * 4 * 4 * 4 * 3 * 3),
    OpCase(Conv2d(out_channels=4, dilation=2), (IMAGE,), macs=8 * 8 * 4 * 6 * 3 * 3),
    OpCase(Conv2d(out_channels=4, padding=(0, 0)), (IMAGE,), macs=6 * 6 * 4 * 6 * 3 * 3),
    OpCase(Conv2d(out_channels=4, kernel=(2, 4)), (IMAGE,), macs=7 * 7 * 4 * 6 * 2 * 4),
    OpCase(Dropout(rate=0.5), (VECTOR,)),
    OpCase(DropPath(rate=0.5), (IMAGE,)),
    OpCase(Flatten(), (IMAGE,)),
    OpCase(Flatten(), (VECTOR,)),
    OpCase(GroupNorm(groups=3), (IMAGE,)),
    OpCase(GroupNorm(groups=1, eps=1e-3), (IMAGE,)),
    OpCase(Identity(), (TOKENS,)),
    OpCase(LayerNorm(), (VECTOR,)),
    OpCase(LayerNorm(eps=1e-6), (TOKENS,)),
    OpCase(Linear(out_features=10), (VECTOR,), macs=12 * 10),
    OpCase(Linear(out_features=10, head=True), (VECTOR,), macs=12 * 10),
    OpCase(Linear(out_features=10, bias=False), (TOKENS,), macs=5 * 12 * 10),
    OpCase(MaxPool2d(), (IMAGE,)),
    OpCase(MaxPool2d(kernel=(2, 2), stride=2), (ODD,)),
    OpCase(MaxPool2d(kernel=(7, 7), stride=2, padding=(1, 2)), (ODD,)),
    OpCase(Mul(), (IMAGE, IMAGE)),
    OpCase(Mul(), (IMAGE, (1, 6, 1, 1))),
    OpCase(Shift2d(), (IMAGE,)),
    OpCase(Zero(shape=(3, 2, 2)), (IMAGE,)),
    OpCase(Zero(shape=(12,)), (VECTOR,)),
]


class TestOps(OpConformance):
    @staticmethod
    def cases():
        return CASES


def test_the_table_misses_no_operation() -> None:
    assert {case.op.kind for case in CASES} == set(OPS)


def test_hypernetworks_know_every_operation() -> None:
    known = {*KINDS, *PASSED, CUT}
    assert {case.op.features().kind for case in CASES} <= known
