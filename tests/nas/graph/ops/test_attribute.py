from __future__ import annotations

import math

import pytest

from nas.errors import GraphError
from nas.graph.ops import (
    Activation,
    AdaptiveMaxPool2d,
    Attention,
    AvgPool2d,
    BatchNorm2d,
    Bilinear,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    Dropout,
    DropPath,
    Embedding,
    GroupNorm,
    Image,
    LayerNorm,
    Linear,
    MaxPool2d,
    PReLU,
    RMSNorm,
    Zero,
)

WHOLE = "must be a positive whole number"
PAIR = "must be two whole numbers of at least"


@pytest.mark.parametrize(
    ("op", "attributes", "message"),
    [
        (Activation, {"function": "rely"}, "unknown activation 'rely'; expected one of celu"),
        (AdaptiveMaxPool2d, {"size": 0}, f"adaptive_max_pool2d: size {WHOLE}, got 0"),
        (AvgPool2d, {"kernel": 3}, f"avg_pool2d: kernel {PAIR} 1, got 3"),
        (AvgPool2d, {"stride": (2, 2)}, f"stride {WHOLE}"),
        (AvgPool2d, {"padding": (2, 2)}, "padding must be at most half of the kernel"),
        (BatchNorm2d, {"eps": -1.0}, "eps must be a number of at least 0"),
        (BatchNorm2d, {"eps": math.nan}, "eps must be a number"),
        (BatchNorm2d, {"momentum": "slow"}, "momentum must be a number"),
        (Conv2d, {"out_channels": 0}, f"conv2d: out_channels {WHOLE}, got 0"),
        (Conv2d, {"out_channels": 1.0}, f"conv2d: out_channels {WHOLE}, got 1.0"),
        (Conv2d, {"out_channels": True}, f"conv2d: out_channels {WHOLE}, got True"),
        (Conv2d, {"out_channels": 1, "groups": 0}, f"groups {WHOLE}"),
        (Conv2d, {"out_channels": 1, "dilation": 0}, f"dilation {WHOLE}"),
        (Conv2d, {"out_channels": 1, "stride": (1, 0)}, f"stride {PAIR} 1"),
        (Conv2d, {"out_channels": 1, "kernel": [3, 3]}, f"kernel {PAIR} 1"),
        (Conv2d, {"out_channels": 1, "padding": (0, -1)}, f"padding {PAIR} 0"),
        (Conv2d, {"out_channels": 1, "bias": None}, "bias must be True or False, got None"),
        (Conv1d, {"out_channels": 1, "kernel": 3}, "kernel must be a tuple of one whole number"),
        (Conv1d, {"out_channels": 1, "dilation": 2}, "dilation must be a tuple of one whole"),
        (Conv3d, {"out_channels": 1, "kernel": (3, 3)}, "kernel must be three whole numbers"),
        (Conv3d, {"out_channels": 1, "padding": (0, 0, -1)}, "three whole numbers of at least 0"),
        (ConvTranspose1d, {"out_channels": 1, "output_padding": 1}, "output_padding must be a t"),
        (Attention, {"heads": 0}, f"attention: heads {WHOLE}, got 0"),
        (Bilinear, {"out_features": 0}, f"out_features {WHOLE}"),
        (Embedding, {"num_embeddings": 0, "dim": 1}, f"num_embeddings {WHOLE}"),
        (Embedding, {"num_embeddings": 1, "dim": 1.5}, f"dim {WHOLE}"),
        (Image, {"height": -1}, f"height {WHOLE}"),
        (PReLU, {"channels": 0}, f"channels {WHOLE}"),
        (RMSNorm, {"eps": -1}, "rms_norm: eps must be a number of at least 0"),
        (Dropout, {"rate": 1.0}, "dropout: rate must be a number of at least 0 and below 1"),
        (DropPath, {"rate": -0.1}, "drop_path: rate must be a number"),
        (GroupNorm, {"groups": 0}, f"groups {WHOLE}"),
        (LayerNorm, {"eps": None}, "eps must be a number"),
        (Linear, {"out_features": -1}, f"out_features {WHOLE}"),
        (Linear, {"out_features": 1, "head": 1}, "head must be True or False"),
        (MaxPool2d, {"kernel": (0, 3)}, f"kernel {PAIR} 1"),
        (Zero, {"shape": ()}, "shape must be one or more positive whole numbers"),
        (Zero, {"shape": (3, 0)}, "shape must be one or more positive whole numbers"),
    ],
)
def test_a_meaningless_attribute_is_refused(op, attributes, message):
    with pytest.raises(GraphError, match=message):
        op(**attributes)
