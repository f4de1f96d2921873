"""Kinds of torch functions, as a graph hypernetwork sees them."""

from __future__ import annotations

from nas.graph.ops.activation import FUNCTIONS

_KINDS = {
    "add": "add add_ __add__ __radd__ sub __sub__ __rsub__ subtract rsub",
    "mul": "mul mul_ __mul__ __rmul__ div __truediv__ __rtruediv__ divide multiply",
    "concat": "cat concat concatenate stack hstack vstack dstack",
    "conv2d": "conv1d conv2d conv3d convolution",
    "conv_transpose": "conv_transpose1d conv_transpose2d conv_transpose3d",
    "linear": "linear bilinear",
    "batch_norm2d": "batch_norm",
    "group_norm": "group_norm instance_norm",
    "layer_norm": "layer_norm rms_norm normalize",
    "embedding": "embedding embedding_bag",
    "prelu": "prelu",
    "attention": "scaled_dot_product_attention multi_head_attention_forward "
    "_native_multi_head_attention",
    "recurrent": "lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell",
    "matmul": "matmul mm bmm einsum addmm baddbmm dot tensordot __matmul__ __rmatmul__ mv",
    "softmax": "softmax log_softmax softmin gumbel_softmax",
    "max_pool2d": "max_pool1d max_pool2d max_pool3d max_pool2d_with_indices "
    "boolean_dispatch lp_pool2d",
    "avg_pool2d": "avg_pool1d avg_pool2d avg_pool3d",
    "adaptive_avg_pool2d": "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d mean sum",
    "adaptive_max_pool2d": "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d max amax",
    "reshape": "view reshape flatten unflatten permute transpose swapaxes movedim t squeeze "
    "unsqueeze expand expand_as view_as reshape_as contiguous clone chunk split "
    "split_with_sizes tensor_split unbind __getitem__ select slice narrow index_select gather "
    "roll flip pad constant_pad repeat repeat_interleave tile to type_as interpolate upsample "
    "detach unfold fold pixel_shuffle pixel_unshuffle channel_shuffle diagonal meshgrid alias "
    "numpy_T adjoint broadcast_to",
    "dropout": "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout "
    "feature_dropout",
    "function": "pow square sqrt rsqrt exp log neg abs clamp clamp_min clamp_max reciprocal "
    "sin cos erf masked_fill where maximum minimum float half sign floor round __neg__ __pow__ "
    "norm glu",
}
_KIND = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_KIND.update({name: name for name in FUNCTIONS})

MULTIPLYING = frozenset({"attention", "conv2d", "conv_transpose", "linear", "matmul", "recurrent"})
"""Kinds of functions that multiply and accumulate."""

RESHAPING = frozenset(_KINDS["reshape"].split())
"""Functions that only move or copy values of their input."""


def short_name(function: str) -> str:
    """The function's own name: ``"relu"`` of ``"torch.nn.functional.relu"``, of aten too."""
    parts = function.split(".")
    return parts[3] if parts[1] == "ops" else parts[-1]


def kind_of(function: str) -> str:
    """Kind of a torch function by its dotted name, ``"call"`` where it is like no other."""
    return _KIND.get(short_name(function), "call")
