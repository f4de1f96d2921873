"""The mutable way to make a graph; it reads like a forward pass."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from numbers import Integral
from typing import TYPE_CHECKING

from nas.errors import GraphError, described
from nas.graph.check import check_form
from nas.graph.faults import plain_name
from nas.graph.graph import Graph
from nas.graph.limits import NODES, check_count
from nas.graph.node import Node, apply_node
from nas.graph.op import Op
from nas.graph.ops.activation import Activation
from nas.graph.ops.attention import Attention
from nas.graph.ops.conv import Conv1d, Conv2d
from nas.graph.ops.conv_transpose import ConvTranspose2d
from nas.graph.ops.dropout import Dropout, DropPath, FeatureDropout
from nas.graph.ops.embedding import Embedding
from nas.graph.ops.linear import Linear
from nas.graph.ops.merge import Add, Concat, Mul
from nas.graph.ops.messages.graph_attention import GraphAttention
from nas.graph.ops.messages.message_passing import MessagePassing
from nas.graph.ops.norm import (
    BatchNorm,
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    GroupNorm,
    LayerNorm,
    RMSNorm,
)
from nas.graph.ops.pool import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from nas.graph.ops.shape import Flatten, Identity, Image, Shift2d, Tokens, Zero
from nas.graph.ops.window import Pair, pair
from nas.graph.tensor_spec import Shape, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from nas.graph.applied import Applied

_BATCH_NORMS: dict[int, type[BatchNorm]] = {
    2: BatchNorm1d,
    3: BatchNorm1d,
    4: BatchNorm2d,
    5: BatchNorm3d,
}
"""By the number of dimensions, the batch and the channels included."""


@dataclass(frozen=True)
class Value:
    """A tensor of a graph under construction: its name and shape (batch of 1)."""

    name: str
    shape: Shape

    @property
    def channels(self) -> int:
        """Size of the channel dimension."""
        return self.shape[1]


class GraphBuilder:
    """Builds a graph: each call adds one node and checks its shapes immediately.

    Example:
        >>> b = GraphBuilder()
        >>> x = b.input((1, 3, 32, 32))
        >>> with b.scope("stem"):
        ...     x = b.relu(b.batch_norm(b.conv2d(x, 16)))
        >>> graph = b.build(b.classifier(x, classes=10))
        >>> [node.name for node in graph.nodes]
        ['stem.conv2d', 'stem.batch_norm', 'stem.relu', 'pool', 'flatten', 'classifier']
    """

    def __init__(self) -> None:
        self._inputs: list[TensorSpec] = []
        self._nodes: list[Node] = []
        self._applied: dict[str, Applied] = {}
        self._shapes: dict[str, Shape] = {}
        self._names: dict[str, int] = {}
        self._prefix = ""

    def input(self, shape: Shape, *, name: str = "x", dtype: str = "float32") -> Value:
        """A tensor that enters the graph; ``shape`` includes a batch dimension of 1."""
        name = plain_name(_text(name))
        shape = _shape(shape)
        self._inputs.append(TensorSpec(shape, dtype, name))
        self._shapes[name] = shape
        self._names[name] = 1
        return Value(name, shape)

    def scope(self, name: str) -> AbstractContextManager[None]:
        """Prefix the names of the nodes made inside with ``name`` and a dot."""
        return _Scope(self, _text(name))

    def op(self, op: Op, *inputs: Value, name: str | None = None) -> Value:
        """Add any operation; ``name`` defaults to its kind, numbered where it is taken.

        Raises:
            ShapeError: The operation cannot take these inputs.
            GraphError: There are too many nodes, or something is no operation or no value.
        """
        if not isinstance(op, Op):
            raise GraphError(
                f"expected an operation of nas.graph.ops, got {described(op)}",
                hint="The methods of a builder make the usual ones: b.conv2d(x, 16).",
            )
        _check_values(inputs)
        check_count("nodes", len(self._nodes) + 1, NODES)
        full = self._unique(self._prefix + plain_name(name or op.kind))
        node = Node(full, op, tuple([value.name for value in inputs]))
        known = self._shapes
        step = apply_node(node, tuple([known.get(x.name, x.shape) for x in inputs]))
        self._nodes.append(node)
        self._applied[full] = step
        known[full] = step.shape
        return Value(full, step.shape)

    def build(self, *outputs: Value) -> Graph:
        """The finished graph.

        Raises:
            GraphError: A name is invalid, there is no input or output, or one is no value.
        """
        _check_values(outputs)
        names = tuple([value.name for value in outputs])
        graph = Graph(tuple(self._inputs), tuple(self._nodes), names)
        check_form(graph)
        # The builder has checked these values already, so the graph need not compute them again.
        vars(graph).update(applied=dict(self._applied), shapes=dict(self._shapes))
        return graph

    def _unique(self, name: str) -> str:
        while count := self._names.get(name, 0):
            self._names[name] = count + 1
            name = f"{name}{count}"
        self._names[name] = 1
        return name

    def conv2d(
        self,
        x: Value,
        channels: int,
        kernel: int | Pair = 3,
        *,
        stride: int | Pair = 1,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
        padding: int | Pair | None = None,
        name: str | None = None,
    ) -> Value:
        """Convolution; padding keeps the size at stride 1 unless given."""
        op = _made(
            Conv2d,
            out_channels=channels,
            kernel=pair(kernel),
            stride=pair(stride),
            dilation=dilation,
            groups=groups,
            bias=bias,
            padding=None if padding is None else pair(padding),
        )
        return self.op(op, x, name=name)

    def conv1d(
        self,
        x: Value,
        channels: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
        padding: int | None = None,
        name: str | None = None,
    ) -> Value:
        """Convolution of a sequence; padding keeps the length at stride 1 unless given."""
        op = Conv1d(
            out_channels=channels,
            kernel=(kernel,),
            stride=(stride,),
            dilation=(dilation,),
            groups=groups,
            bias=bias,
            padding=None if padding is None else (padding,),
        )
        return self.op(op, x, name=name)

    def conv_transpose2d(
        self,
        x: Value,
        channels: int,
        kernel: int | Pair = 2,
        *,
        stride: int | Pair = 2,
        padding: int | Pair = 0,
        bias: bool = False,
        name: str | None = None,
    ) -> Value:
        """Transposed convolution; it doubles the resolution by default."""
        op = ConvTranspose2d(
            out_channels=channels,
            kernel=pair(kernel),
            stride=pair(stride),
            padding=pair(padding),
            bias=bias,
        )
        return self.op(op, x, name=name)

    def embedding(
        self, x: Value, num_embeddings: int, dim: int, *, name: str | None = None
    ) -> Value:
        """Learned vectors of token ids: (B, T) -> (B, T, dim)."""
        return self.op(Embedding(num_embeddings=num_embeddings, dim=dim), x, name=name)

    def linear(self, x: Value, features: int, *, name: str | None = None) -> Value:
        """Fully connected layer with a bias."""
        return self.op(_made(Linear, out_features=features), x, name=name)

    def batch_norm(self, x: Value, *, name: str | None = None) -> Value:
        """Batch normalisation of vectors, sequences, images or volumes."""
        _check_values((x,))
        op = _made(_BATCH_NORMS.get(len(x.shape), BatchNorm2d))
        return self.op(op, x, name=name or "batch_norm")

    def group_norm(self, x: Value, groups: int, *, name: str | None = None) -> Value:
        """Group normalisation."""
        return self.op(GroupNorm(groups=groups), x, name=name)

    def layer_norm(self, x: Value, *, name: str | None = None) -> Value:
        """Layer normalisation over the last dimension."""
        return self.op(LayerNorm(), x, name=name)

    def rms_norm(self, x: Value, *, name: str | None = None) -> Value:
        """Division by the root mean square of the last dimension, and a learned scale."""
        return self.op(RMSNorm(), x, name=name)

    def attention(
        self, query: Value, key: Value, value: Value, heads: int, *, name: str | None = None
    ) -> Value:
        """Scaled dot-product attention, (B, T, C) each; it has no parameters."""
        return self.op(Attention(heads=heads), query, key, value, name=name)

    def activation(self, x: Value, function: str, *, name: str | None = None) -> Value:
        """Element-wise non-linearity, see :data:`nas.graph.ops.activation.FUNCTIONS`."""
        return self.op(_made(Activation, function=function), x, name=name or function)

    def relu(self, x: Value, *, name: str | None = None) -> Value:
        """Rectified linear unit."""
        return self.activation(x, "relu", name=name)

    def max_pool(self, x: Value, kernel: int | Pair = 3, *, stride: int = 1) -> Value:
        """Maximum over a window."""
        return self.op(_made(MaxPool2d, kernel=pair(kernel), stride=stride), x)

    def avg_pool(self, x: Value, kernel: int | Pair = 3, *, stride: int = 1) -> Value:
        """Mean over a window, without the padding."""
        return self.op(_made(AvgPool2d, kernel=pair(kernel), stride=stride), x)

    def global_avg_pool(self, x: Value, *, name: str | None = None) -> Value:
        """Mean over all positions: (B, C, H, W) -> (B, C, 1, 1)."""
        return self.op(AdaptiveAvgPool2d(), x, name=name)

    def edge_index(self, *, name: str = "edge_index") -> Value:
        """The edges of a data graph as an input of the network: (2, E), from row 0 to row 1."""
        return self.input((2, 1), name=name, dtype="int64")

    def message_passing(
        self,
        x: Value,
        edges: Value,
        layer: str,
        channels: int,
        *,
        heads: int = 1,
        concat: bool = True,
        aggregation: str | None = None,
        bias: bool = True,
        name: str | None = None,
    ) -> Value:
        """A layer of torch-geometric by name, such as ``"gat"``: (N, F) -> (N, channels)."""
        op = _made(
            MessagePassing,
            layer=layer,
            channels=channels,
            heads=heads,
            concat=concat,
            aggregation=aggregation,
            bias=bias,
        )
        return self.op(op, x, edges, name=name or f"{layer}_conv")

    def graph_attention(
        self,
        x: Value,
        edges: Value,
        attention: str,
        channels: int,
        *,
        heads: int = 1,
        aggregation: str = "add",
        pool: int = 0,
        concat: bool = True,
        dropout: float = 0.0,
        name: str | None = None,
    ) -> Value:
        """A layer of GraphNAS by its attention, such as ``"cos"``: (N, F) -> (N, channels)."""
        op = _made(
            GraphAttention,
            attention=attention,
            channels=channels,
            heads=heads,
            aggregation=aggregation,
            pool=pool,
            concat=concat,
            dropout=dropout,
        )
        return self.op(op, x, edges, name=name)

    def add(self, *inputs: Value, name: str | None = None) -> Value:
        """Sum of equal shapes."""
        return self.op(Add(), *inputs, name=name)

    def mul(self, x: Value, y: Value, *, name: str | None = None) -> Value:
        """Product of shapes that broadcast."""
        return self.op(Mul(), x, y, name=name)

    def concat(self, *inputs: Value, name: str | None = None) -> Value:
        """Concatenation along the channels."""
        return self.op(Concat(), *inputs, name=name)

    def identity(self, x: Value, *, name: str | None = None) -> Value:
        """The value itself, as a node."""
        return self.op(Identity(), x, name=name)

    def zero(self, x: Value, *, stride: int = 1, name: str | None = None) -> Value:
        """Zeros of the shape of ``x``, its resolution divided by ``stride``, rounded up."""
        _check_values((x,))
        spatial = tuple(-(-size // stride) for size in x.shape[2:])
        return self.op(Zero(shape=(x.channels, *spatial)), x, name=name)

    def shift(self, x: Value) -> Value:
        """The image moved one pixel up and left."""
        return self.op(Shift2d(), x)

    def tokens(self, x: Value, *, name: str | None = None) -> Value:
        """The pixels of an image as tokens: (B, C, H, W) -> (B, H*W, C)."""
        return self.op(Tokens(), x, name=name)

    def image(self, x: Value, height: int, *, name: str | None = None) -> Value:
        """Tokens as the pixels of an image: (B, T, C) -> (B, C, height, T/height)."""
        return self.op(Image(height=height), x, name=name)

    def flatten(self, x: Value, *, name: str | None = None) -> Value:
        """All dimensions but the batch in one."""
        return self.op(Flatten(), x, name=name)

    def dropout(self, x: Value, rate: float, *, name: str | None = None) -> Value:
        """Dropout of single elements during training."""
        return self.op(_made(Dropout, rate=rate), x, name=name)

    def feature_dropout(self, x: Value, rate: float, *, name: str | None = None) -> Value:
        """Dropout of sparse features."""
        return self.op(_made(FeatureDropout, rate=rate), x, name=name)

    def drop_path(self, x: Value, rate: float, *, name: str | None = None) -> Value:
        """Dropout of the whole branch for single samples during training."""
        return self.op(_made(DropPath, rate=rate), x, name=name)

    def classifier(self, x: Value, classes: int) -> Value:
        """Global average pooling and a linear head: (B, C, H, W) -> (B, classes)."""
        x = self.flatten(self.global_avg_pool(x, name="pool"))
        return self.op(Linear(out_features=classes, head=True), x, name="classifier")


class _Scope:
    """Sets a builder's prefix inside a ``with`` block; a generator would take twice as long."""

    def __init__(self, builder: GraphBuilder, name: str) -> None:
        self._builder = builder
        self._name = name

    def __enter__(self) -> None:
        builder = self._builder
        self._outer = builder._prefix
        builder._prefix = builder._unique(self._outer + plain_name(self._name)) + "."

    def __exit__(self, *error: object) -> None:
        self._builder._prefix = self._outer


def _check_values(values: tuple[object, ...]) -> None:
    for value in values:
        if not isinstance(value, Value):
            raise GraphError(
                f"expected values that a GraphBuilder returned, got {described(value)}",
                hint="Begin with x = b.input((1, 3, 32, 32)), then x = b.conv2d(x, 16).",
            )


def _shape(given: object) -> Shape:
    if not (
        isinstance(given, list | tuple)
        and given
        and all(isinstance(size, Integral) and int(size) > 0 for size in given)
    ):
        raise GraphError(
            f"expected the shape of an input as positive whole numbers, got {described(given)}",
            hint="Write it with a batch dimension of 1: b.input((1, 3, 32, 32)).",
        )
    return tuple(map(int, given))


def _text(name: object) -> str:
    if not isinstance(name, str):
        raise GraphError(f"expected a name as a text, got {described(name)}")
    return name


def _made(kind: Callable[..., Op], **attributes: object) -> Op:
    """An operation, cached: its attributes are checked once, and equal ones are one object."""
    try:
        return _kept(kind, **attributes)
    except TypeError:  # a list among them, of which the operation itself complains
        return kind(**attributes)


@lru_cache(maxsize=4096, typed=True)
def _kept(kind: Callable[..., Op], **attributes: object) -> Op:
    return kind(**attributes)
