"""The vocabulary of operations; importing this package registers all of them."""

from nas.graph.ops.activation import Activation
from nas.graph.ops.conv import Conv2d
from nas.graph.ops.dropout import Dropout, DropPath
from nas.graph.ops.linear import Linear
from nas.graph.ops.merge import Add, Concat, Mul
from nas.graph.ops.norm import BatchNorm2d, GroupNorm, LayerNorm
from nas.graph.ops.pool import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from nas.graph.ops.shape import Flatten, Identity, Shift2d, Zero

__all__ = [
    "Activation",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "Add",
    "AvgPool2d",
    "BatchNorm2d",
    "Concat",
    "Conv2d",
    "DropPath",
    "Dropout",
    "Flatten",
    "GroupNorm",
    "Identity",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "Mul",
    "Shift2d",
    "Zero",
]
