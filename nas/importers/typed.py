"""Match recorded calls to operations of the vocabulary."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from nas.graph.ops.activation import FUNCTIONS, Activation, PReLU
from nas.graph.ops.conv import Conv1d, Conv2d, Conv3d
from nas.graph.ops.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nas.graph.ops.dropout import Dropout
from nas.graph.ops.embedding import Embedding
from nas.graph.ops.function import name_of
from nas.graph.ops.function_kind import short_name
from nas.graph.ops.linear import Bilinear, Linear
from nas.graph.ops.merge import Add, Concat, Mul
from nas.graph.ops.norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    RMSNorm,
)
from nas.graph.ops.pool import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from nas.graph.ops.shape import Flatten, Shift2d, Zero
from nas.importers.step import BATCH, Step, Value, follows_batch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.graph.op import Op
    from nas.graph.ops.window import Pair

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Match:
    """An operation that computes the same as a recorded call.

    Attributes:
        op: The operation.
        inputs: The values it reads.
        own: Its parameters and buffers, by their names in the operation.
    """

    op: Op
    inputs: tuple[Value, ...]
    own: Mapping[str, Value] = field(default_factory=dict)


def match(step: Step) -> Match | None:
    """The operation that equals a call with its arguments; None if there is none."""
    name = name_of(step.function)
    if name is None:
        return None
    short = short_name(name)
    if short in FUNCTIONS:
        return _activation(short, step)
    if short not in _RULES:
        return None
    names, rule = _RULES[short]
    parameters = names.split()
    if len(step.args) > len(parameters) or not step.kwargs.keys() <= set(parameters):
        return None
    return rule({**dict(zip(parameters, step.args, strict=False)), **step.kwargs})


def _activation(name: str, step: Step) -> Match | None:
    """An activation with torch's default constants."""
    if name == "hardtanh" and (*step.args[1:3], *step.kwargs.values())[:2] == (0.0, 6.0):
        name, step = "relu6", Step(step.function, step.args[:1], {})
    (x, *rest) = step.args or [step.kwargs.get("input")]
    given = {**dict(zip(_constants(name), rest, strict=False)), **step.kwargs}
    for key, value in given.items():
        if key not in ("input", "inplace") and _constants(name).get(key) != value:
            return None
    if not isinstance(x, Value) or len(rest) > len(_constants(name)):
        return None
    return Match(Activation(function=name), (x,))


@cache
def _constants(name: str) -> dict[str, Any]:
    """Constants of an activation with their defaults, in order."""
    builtin: dict[str, dict[str, Any]] = {
        "gelu": {"approximate": "none"},
        "softplus": {"beta": 1, "threshold": 20},
        "softshrink": {"lambd": 0.5},
        "logsigmoid": {},
    }
    if name in builtin:
        return builtin[name]
    try:
        parameters = list(inspect.signature(FUNCTIONS[name]).parameters.values())
    except ValueError:
        return {}
    return {parameter.name: parameter.default for parameter in parameters[1:]}


def _convolution(ops: Mapping[int, Any], a: Arguments) -> Match | None:
    x, weight = a["input"], a["weight"]
    dims = weight.tensor.dim() - 2
    kernel = tuple(weight.tensor.shape[2:])
    stride, dilation = _sizes(a.get("stride", 1), dims), _sizes(a.get("dilation", 1), dims)
    padding = a.get("padding", 0)
    if padding == "valid":
        padding = 0
    if padding == "same":
        reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        if any(size % 2 for size in reach):
            return None
        padding = tuple(size // 2 for size in reach)
    padding = _sizes(padding, dims)
    if x.tensor.dim() != dims + 2 or (dims == 2 and len(set(dilation)) > 1):
        return None
    op = ops[dims](
        out_channels=weight.tensor.shape[0],
        kernel=kernel,
        stride=stride,
        dilation=dilation[0] if dims == 2 else dilation,
        groups=a.get("groups", 1),
        bias=a.get("bias") is not None,
        padding=padding,
    )
    return Match(op, (x,), _own(a))


def _conv(a: Arguments) -> Match | None:
    return _convolution({1: Conv1d, 2: Conv2d, 3: Conv3d}, a)


def _conv_transpose(a: Arguments) -> Match | None:
    x, weight = a["input"], a["weight"]
    dims = weight.tensor.dim() - 2
    groups = a.get("groups", 1)
    if x.tensor.dim() != dims + 2:
        return None
    op = {1: ConvTranspose1d, 2: ConvTranspose2d, 3: ConvTranspose3d}[dims](
        out_channels=weight.tensor.shape[1] * groups,
        kernel=tuple(weight.tensor.shape[2:]),
        stride=_sizes(a.get("stride", 1), dims),
        padding=_sizes(a.get("padding", 0), dims),
        output_padding=_sizes(a.get("output_padding", 0), dims),
        dilation=_sizes(a.get("dilation", 1), dims),
        groups=groups,
        bias=a.get("bias") is not None,
    )
    return Match(op, (x,), _own(a))


def _linear(a: Arguments) -> Match:
    features = a["weight"].tensor.shape[0]
    op = Linear(out_features=features, bias=a.get("bias") is not None)
    return Match(op, (a["input"],), _own(a))


def _bilinear(a: Arguments) -> Match:
    features = a["weight"].tensor.shape[0]
    op = Bilinear(out_features=features, bias=a.get("bias") is not None)
    return Match(op, (a["input1"], a["input2"]), _own(a))


def _batch_norm(a: Arguments) -> Match | None:
    x = a["input"]
    dims = x.tensor.dim() - 2
    own = _own(a, "weight", "bias", "running_mean", "running_var")
    if a.get("training") or len(own) < 4:
        return None
    op = {0: BatchNorm1d, 1: BatchNorm1d, 2: BatchNorm2d, 3: BatchNorm3d}[dims](
        eps=a.get("eps", 1e-5), momentum=a.get("momentum", 0.1)
    )
    return Match(op, (x,), own)


def _group_norm(a: Arguments) -> Match | None:
    if None in (a.get("weight"), a.get("bias")):
        return None
    op = GroupNorm(groups=a["num_groups"], eps=a.get("eps", 1e-5))
    return Match(op, (a["input"],), _own(a))


def _instance_norm(a: Arguments) -> Match | None:
    plain = a.get("use_input_stats", True) and a.get("running_mean") is None
    if not plain or None in (a.get("weight"), a.get("bias")) or a["input"].tensor.dim() < 3:
        return None
    return Match(InstanceNorm(eps=a.get("eps", 1e-5)), (a["input"],), _own(a))


def _layer_norm(a: Arguments) -> Match | None:
    if len(tuple(a["normalized_shape"])) > 1 or None in (a.get("weight"), a.get("bias")):
        return None
    return Match(LayerNorm(eps=a.get("eps", 1e-5)), (a["input"],), _own(a))


def _rms_norm(a: Arguments) -> Match | None:
    if len(tuple(a["normalized_shape"])) > 1 or None in (a.get("weight"), a.get("eps")):
        return None
    return Match(RMSNorm(eps=a["eps"]), (a["input"],), _own(a))


def _embedding(a: Arguments) -> Match | None:
    if a.get("max_norm") is not None:
        return None
    number, dim = a["weight"].tensor.shape
    return Match(Embedding(num_embeddings=number, dim=dim), (a["input"],), _own(a))


def _prelu(a: Arguments) -> Match:
    return Match(PReLU(channels=a["weight"].tensor.numel()), (a["input"],), _own(a))


def _pool(op: type[MaxPool2d | AvgPool2d], a: Arguments) -> Match | None:
    kernel = _pair(a["kernel_size"])
    stride = _pair(a.get("stride") or kernel)
    padding = _pair(a.get("padding", 0))
    plain = (
        not a.get("ceil_mode")
        and not a.get("return_indices")
        and a.get("divisor_override") is None
        and a.get("dilation", 1) in (1, (1, 1))
        and (op is MaxPool2d or not any(padding) or a.get("count_include_pad") is False)
    )
    if not plain or stride[0] != stride[1] or a["input"].tensor.dim() != 4:
        return None
    return Match(op(kernel=kernel, stride=stride[0], padding=padding), (a["input"],))


def _max_pool(a: Arguments) -> Match | None:
    return _pool(MaxPool2d, a)


def _avg_pool(a: Arguments) -> Match | None:
    return _pool(AvgPool2d, a)


def _adaptive(op: type[AdaptiveAvgPool2d | AdaptiveMaxPool2d], a: Arguments) -> Match | None:
    size = a["output_size"]
    sides = {size} if isinstance(size, int) else set(size)
    if len(sides) > 1 or None in sides or a["input"].tensor.dim() != 4:
        return None
    return None if a.get("return_indices") else Match(op(size=sides.pop()), (a["input"],))


def _adaptive_avg(a: Arguments) -> Match | None:
    return _adaptive(AdaptiveAvgPool2d, a)


def _adaptive_max(a: Arguments) -> Match | None:
    return _adaptive(AdaptiveMaxPool2d, a)


def _flatten(a: Arguments) -> Match | None:
    x = a["input"]
    if a.get("start_dim", 0) != 1 or a.get("end_dim", -1) not in (-1, x.tensor.dim() - 1):
        return None
    return Match(Flatten(), (x,)) if x.tensor.dim() > 1 else None


def _zeros(a: Arguments) -> Match | None:
    """Zeros for each sample of a batch of any size."""
    x = a["input"]
    size = a.get("size", tuple(x.tensor.shape))
    if not isinstance(size, tuple) or len(size) < 2:
        return None
    batch, *shape = size
    if not follows_batch(batch) or batch != x.tensor.shape[0] or any(map(follows_batch, shape)):
        return None
    return Match(Zero(shape=tuple(shape)), (x,)) if all(shape) else None


def _pad(a: Arguments) -> Match | None:
    """The only padding of the vocabulary, which shifts an image by one pixel."""
    plain = a.get("mode", "constant") == "constant" and not a.get("value")
    if not plain or tuple(a["pad"]) != (-1, 1, -1, 1) or a["input"].tensor.dim() != 4:
        return None
    return Match(Shift2d(), (a["input"],))


def _add(a: Arguments) -> Match | None:
    values = a["input"], a["other"]
    if a.get("alpha", 1) != 1 or not all(isinstance(value, Value) for value in values):
        return None
    first, second = (_of_one(value) for value in values)
    return Match(Add(), values) if first == second else None


def _of_one(value: Value) -> tuple[int, ...]:
    """Shape of a value for one sample; a value that all samples share keeps its shape."""
    shape = tuple(value.tensor.shape)
    return (1, *shape[1:]) if shape and shape[0] == BATCH else shape


def _mul(a: Arguments) -> Match | None:
    values = a["input"], a["other"]
    return Match(Mul(), values) if all(isinstance(value, Value) for value in values) else None


def _concat(a: Arguments) -> Match | None:
    if a.get("dim", 0) != 1 or a["tensors"][0].tensor.dim() < 2:
        return None
    return Match(Concat(), tuple(a["tensors"]))


def _dropout(a: Arguments) -> Match | None:
    return Match(Dropout(rate=a.get("p", 0.5)), (a["input"],)) if a.get("p", 0.5) < 1 else None


def _own(a: Arguments, *names: str) -> dict[str, Value]:
    """The parameters and buffers of an operation that are given."""
    return {name: a[name] for name in names or ("weight", "bias") if a.get(name) is not None}


def _sizes(size: Any, dims: int) -> tuple[int, ...]:
    sizes = (size,) if isinstance(size, int) else tuple(size)
    return sizes * dims if len(sizes) == 1 else sizes


def _pair(size: Any) -> Pair:
    height, width = _sizes(size, 2)
    return height, width


Rule = Callable[[Arguments], Match | None]
_CONV = "input weight bias stride padding dilation groups"
_TRANSPOSED = "input weight bias stride padding output_padding groups dilation"
_POOL = "input kernel_size stride padding"
_RULES: dict[str, tuple[str, Rule]] = {
    "conv1d": (_CONV, _conv),
    "conv2d": (_CONV, _conv),
    "conv3d": (_CONV, _conv),
    "conv_transpose1d": (_TRANSPOSED, _conv_transpose),
    "conv_transpose2d": (_TRANSPOSED, _conv_transpose),
    "conv_transpose3d": (_TRANSPOSED, _conv_transpose),
    "linear": ("input weight bias", _linear),
    "bilinear": ("input1 input2 weight bias", _bilinear),
    "batch_norm": (
        "input running_mean running_var weight bias training momentum eps",
        _batch_norm,
    ),
    "group_norm": ("input num_groups weight bias eps", _group_norm),
    "instance_norm": (
        "input running_mean running_var weight bias use_input_stats momentum eps",
        _instance_norm,
    ),
    "layer_norm": ("input normalized_shape weight bias eps", _layer_norm),
    "rms_norm": ("input normalized_shape weight eps", _rms_norm),
    "embedding": (
        "input weight padding_idx max_norm norm_type scale_grad_by_freq sparse",
        _embedding,
    ),
    "prelu": ("input weight", _prelu),
    "max_pool2d": (f"{_POOL} dilation ceil_mode return_indices", _max_pool),
    "avg_pool2d": (f"{_POOL} ceil_mode count_include_pad divisor_override", _avg_pool),
    "adaptive_avg_pool2d": ("input output_size", _adaptive_avg),
    "adaptive_max_pool2d": ("input output_size return_indices", _adaptive_max),
    "flatten": ("input start_dim end_dim", _flatten),
    "new_zeros": ("input size", _zeros),
    "zeros_like": ("input", _zeros),
    "pad": ("input pad mode value", _pad),
    "add": ("input other alpha", _add),
    "__add__": ("input other", _add),
    "__radd__": ("input other", _add),
    "mul": ("input other", _mul),
    "__mul__": ("input other", _mul),
    "__rmul__": ("input other", _mul),
    "cat": ("tensors dim", _concat),
    "dropout": ("input p training inplace", _dropout),
}
