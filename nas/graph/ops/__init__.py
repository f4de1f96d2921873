"""The vocabulary of operations; importing this package registers all of them."""

from nas.graph.ops.activation import Activation, PReLU
from nas.graph.ops.attention import Attention
from nas.graph.ops.call import Call
from nas.graph.ops.conv import Conv1d, Conv2d, Conv3d
from nas.graph.ops.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nas.graph.ops.dropout import Dropout, DropPath, FeatureDropout
from nas.graph.ops.embedding import Embedding
from nas.graph.ops.layer import Layer
from nas.graph.ops.linear import Bilinear, Linear
from nas.graph.ops.merge import Add, Concat, Mul
from nas.graph.ops.messages.graph_attention import GraphAttention
from nas.graph.ops.messages.message_passing import MessagePassing
from nas.graph.ops.norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    RMSNorm,
)
from nas.graph.ops.parameter import Constant, Parameter
from nas.graph.ops.pool import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from nas.graph.ops.recorded_call import RecordedCall
from nas.graph.ops.shape import Flatten, Identity, Image, Shift2d, Tokens, Zero

__all__ = [
    "Activation",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "Add",
    "Attention",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Bilinear",
    "Call",
    "Concat",
    "Constant",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "DropPath",
    "Dropout",
    "Embedding",
    "FeatureDropout",
    "Flatten",
    "GraphAttention",
    "GroupNorm",
    "Identity",
    "Image",
    "InstanceNorm",
    "Layer",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "MessagePassing",
    "Mul",
    "PReLU",
    "Parameter",
    "RMSNorm",
    "RecordedCall",
    "Shift2d",
    "Tokens",
    "Zero",
]
