"""Every registered operation satisfies the contract."""

from __future__ import annotations

from hypernets.features import CUT, KINDS, PASSED
from nas.graph.op import OPS
from nas.graph.ops import (
    Activation,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    Attention,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    Bilinear,
    Call,
    Concat,
    Constant,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    Dropout,
    DropPath,
    Embedding,
    FeatureDropout,
    Flatten,
    GraphAttention,
    GroupNorm,
    Identity,
    Image,
    InstanceNorm,
    LayerNorm,
    Linear,
    MaxPool2d,
    MessagePassing,
    Mul,
    Parameter,
    PReLU,
    RMSNorm,
    Shift2d,
    Tokens,
    Zero,
)
from nas.graph.ops.activation import FUNCTIONS
from nas.graph.ops.messages.neighbour_attention import ATTENTIONS
from nas.testing.op import EDGES, OpCase, OpConformance

IMAGE = (1, 6, 8, 8)
ODD = (1, 4, 9, 7)
VECTOR = (1, 12)
TOKENS = (1, 5, 12)
SEQUENCE = (1, 6, 9)
VOLUME = (1, 4, 3, 4, 6)
NODES = ((1, 12), EDGES)

CASES = [
    *(OpCase(Activation(function=function), (IMAGE,)) for function in FUNCTIONS),
    OpCase(AdaptiveAvgPool2d(), (IMAGE,)),
    OpCase(AdaptiveAvgPool2d(size=3), (ODD,)),
    OpCase(AdaptiveMaxPool2d(), (IMAGE,)),
    OpCase(AdaptiveMaxPool2d(size=4), (IMAGE,)),
    OpCase(Add(), (IMAGE,)),
    OpCase(Add(), (IMAGE, IMAGE)),
    OpCase(Add(), (VECTOR, VECTOR, VECTOR)),
    OpCase(Attention(heads=1), (TOKENS,) * 3, macs=2 * 5 * 5 * 12),
    OpCase(Attention(heads=3), (TOKENS,) * 3, macs=2 * 5 * 5 * 12),
    OpCase(Attention(heads=4), (TOKENS, (1, 7, 12), (1, 7, 12)), macs=2 * 5 * 7 * 12),
    OpCase(AvgPool2d(), (IMAGE,)),
    OpCase(AvgPool2d(kernel=(2, 2), stride=2, padding=(0, 0)), (ODD,)),
    OpCase(AvgPool2d(kernel=(2, 2), stride=2, padding=(1, 1)), (ODD,)),
    OpCase(AvgPool2d(kernel=(5, 3), stride=2), (ODD,)),
    OpCase(BatchNorm1d(), (VECTOR,)),
    OpCase(BatchNorm1d(eps=1e-3, momentum=0.01), (SEQUENCE,)),
    OpCase(BatchNorm2d(), (IMAGE,)),
    OpCase(BatchNorm2d(eps=1e-3, momentum=0.01), (ODD,)),
    OpCase(BatchNorm3d(), (VOLUME,)),
    OpCase(Bilinear(out_features=7), (VECTOR, VECTOR), macs=7 * 12 * 12),
    OpCase(Bilinear(out_features=7, bias=False), (TOKENS, (1, 5, 3)), macs=5 * 7 * 12 * 3),
    OpCase(Call(expression="torch.permute(x0, (0, 2, 1))"), (TOKENS,)),
    OpCase(Concat(), (IMAGE,)),
    OpCase(Concat(), (IMAGE, (1, 2, 8, 8))),
    OpCase(Concat(), (VECTOR, VECTOR, (1, 3))),
    OpCase(Constant(shape=(3, 4), dtype="int64"), ()),
    OpCase(Conv1d(out_channels=4), (SEQUENCE,), macs=9 * 4 * 6 * 3),
    OpCase(
        Conv1d(out_channels=9, kernel=(5,), groups=3, bias=True), (SEQUENCE,), macs=9 * 9 * 2 * 5
    ),
    OpCase(
        Conv1d(out_channels=4, stride=(2,), dilation=(2,), padding=(1,)),
        (SEQUENCE,),
        macs=4 * 4 * 6 * 3,
    ),
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
    OpCase(Conv3d(out_channels=5), (VOLUME,), macs=3 * 4 * 6 * 5 * 4 * 27),
    OpCase(
        Conv3d(out_channels=4, kernel=(1, 3, 5), groups=4, bias=True),
        (VOLUME,),
        macs=3 * 4 * 6 * 4 * 15,
    ),
    OpCase(
        Conv3d(
            out_channels=5,
            kernel=(2, 3, 1),
            stride=(1, 2, 3),
            dilation=(2, 1, 1),
            padding=(0, 1, 0),
        ),
        (VOLUME,),
        macs=1 * 2 * 2 * 5 * 4 * 6,
    ),
    OpCase(ConvTranspose1d(out_channels=4), (SEQUENCE,), macs=9 * 6 * 4 * 2),
    OpCase(
        ConvTranspose1d(out_channels=4, kernel=(3,), stride=(1,), dilation=(3,), bias=True),
        (SEQUENCE,),
        macs=9 * 6 * 4 * 3,
    ),
    OpCase(ConvTranspose2d(out_channels=4), (IMAGE,), macs=8 * 8 * 6 * 4 * 2 * 2),
    OpCase(
        ConvTranspose2d(out_channels=4, kernel=(4, 4), padding=(1, 1), bias=True),
        (ODD,),
        macs=9 * 7 * 4 * 4 * 4 * 4,
    ),
    OpCase(
        ConvTranspose2d(
            out_channels=6,
            kernel=(3, 5),
            stride=(1, 3),
            padding=(1, 0),
            output_padding=(0, 2),
            dilation=(1, 2),
            groups=2,
        ),
        (ODD,),
        macs=9 * 7 * 4 * 3 * 3 * 5,
    ),
    OpCase(ConvTranspose3d(out_channels=5), (VOLUME,), macs=3 * 4 * 6 * 4 * 5 * 8),
    OpCase(
        ConvTranspose3d(
            out_channels=4,
            kernel=(1, 2, 3),
            stride=(1, 1, 2),
            output_padding=(0, 0, 1),
            groups=4,
            bias=True,
        ),
        (VOLUME,),
        macs=3 * 4 * 6 * 4 * 6,
    ),
    OpCase(Dropout(rate=0.5), (VECTOR,)),
    OpCase(DropPath(rate=0.5), (IMAGE,)),
    OpCase(FeatureDropout(rate=0.5), ((1, 6),)),
    OpCase(Embedding(num_embeddings=4, dim=6), ((1, 9),), ids=(4,)),
    OpCase(Embedding(num_embeddings=3, dim=1), ((1, 2, 5),), ids=(3,)),
    OpCase(Flatten(), (IMAGE,)),
    OpCase(Flatten(), (VECTOR,)),
    *(
        OpCase(GraphAttention(attention=attention, channels=6, heads=2), NODES, macs=12 * 6)
        for attention in ATTENTIONS
    ),
    OpCase(
        GraphAttention(attention="gat", channels=6, heads=2, concat=False, aggregation="mean"),
        NODES,
        macs=12 * 2 * 6,
    ),
    OpCase(
        GraphAttention(attention="cos", channels=6, heads=3, aggregation="max", pool=5),
        NODES,
        macs=12 * 6 + 3 * (2 * 5 + 5 * 2),
    ),
    OpCase(
        GraphAttention(attention="gcn", channels=4, pool=3, dropout=0.6),
        NODES,
        macs=12 * 4 + 4 * 3 + 3 * 4,
    ),
    OpCase(GroupNorm(groups=3), (IMAGE,)),
    OpCase(GroupNorm(groups=1, eps=1e-3), (IMAGE,)),
    OpCase(GroupNorm(groups=4), (VECTOR,)),
    OpCase(GroupNorm(groups=2), (VOLUME,)),
    OpCase(Identity(), (TOKENS,)),
    OpCase(Image(height=1), (TOKENS,)),
    OpCase(Image(height=3), ((1, 12, 4),)),
    OpCase(InstanceNorm(), (SEQUENCE,)),
    OpCase(InstanceNorm(eps=1e-3), (IMAGE,)),
    OpCase(InstanceNorm(), (VOLUME,)),
    OpCase(LayerNorm(), (VECTOR,)),
    OpCase(LayerNorm(eps=1e-6), (TOKENS,)),
    OpCase(Linear(out_features=10), (VECTOR,), macs=12 * 10),
    OpCase(Linear(out_features=10, head=True), (VECTOR,), macs=12 * 10),
    OpCase(Linear(out_features=10, bias=False), (TOKENS,), macs=5 * 12 * 10),
    OpCase(MaxPool2d(), (IMAGE,)),
    OpCase(MaxPool2d(kernel=(2, 2), stride=2), (ODD,)),
    OpCase(MaxPool2d(kernel=(7, 7), stride=2, padding=(1, 2)), (ODD,)),
    *(
        OpCase(MessagePassing(layer=layer, channels=channels), NODES, macs=12 * channels)
        for layer in ("gat", "gcn", "general", "gin")
        for channels in (6, 16)
    ),
    *(
        OpCase(MessagePassing(layer=layer, channels=channels), NODES, macs=2 * 12 * channels)
        for layer in ("cheb", "graph", "sage")
        for channels in (6, 16)
    ),
    OpCase(MessagePassing(layer="arma", channels=6), NODES, macs=2 * 12 * 6, idle=("weight",)),
    OpCase(MessagePassing(layer="gat", channels=6, heads=3), NODES, macs=12 * 6),
    OpCase(
        MessagePassing(layer="gat", channels=6, heads=3, concat=False, bias=False),
        NODES,
        macs=12 * 3 * 6,
    ),
    OpCase(
        MessagePassing(layer="general", channels=6, aggregation="max", bias=False),
        NODES,
        macs=12 * 6,
    ),
    OpCase(MessagePassing(layer="sage", channels=6, aggregation="max"), NODES, macs=2 * 12 * 6),
    OpCase(MessagePassing(layer="graph", channels=6, aggregation="mean"), NODES, macs=2 * 12 * 6),
    OpCase(Mul(), (IMAGE, IMAGE)),
    OpCase(Mul(), (IMAGE, (1, 6, 1, 1))),
    OpCase(Parameter(shape=(3, 4)), ()),
    OpCase(PReLU(), (VECTOR,)),
    OpCase(PReLU(channels=6), (IMAGE,)),
    OpCase(RMSNorm(), (VECTOR,)),
    OpCase(RMSNorm(eps=0.1), (TOKENS,)),
    OpCase(Shift2d(), (IMAGE,)),
    OpCase(Tokens(), (ODD,)),
    OpCase(Zero(shape=(3, 2, 2)), (IMAGE,)),
    OpCase(Zero(shape=(12,)), (VECTOR,)),
]


class TestOps(OpConformance):
    @staticmethod
    def cases():
        return CASES


def test_the_table_misses_no_operation() -> None:
    alien = {"layer", "recorded_call"}  # no shape rule but what one run gave
    assert {case.op.kind for case in CASES} == set(OPS) - alien


def test_hypernetworks_know_every_operation() -> None:
    known = {*KINDS, *PASSED, *CUT}
    assert {case.op.features().kind for case in CASES} <= known
