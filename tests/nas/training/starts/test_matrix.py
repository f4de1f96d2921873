from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from nas.training.starts.matrix import read_matrices

DRAW = torch.Generator().manual_seed(0)
LAYERS = {
    "linear": (nn.Linear(6, 5), (4, 6)),
    "linear on tokens": (nn.Linear(6, 5), (4, 7, 6)),
    "padded, strided": (nn.Conv2d(4, 6, 3, stride=2, padding=1), (4, 4, 9, 9)),
    "same, dilated": (nn.Conv2d(4, 6, 3, padding="same", dilation=2), (4, 4, 9, 9)),
    "grouped": (nn.Conv2d(4, 6, (1, 3), groups=2), (4, 4, 9, 9)),
    "reflected": (nn.Conv1d(4, 6, 3, padding=1, padding_mode="reflect"), (4, 4, 9)),
    "of volumes": (nn.Conv3d(2, 6, 2), (4, 2, 5, 4, 3)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_the_matrices_times_the_vectors_are_outputs_of_the_layer(name):
    layer, shape = LAYERS[name]
    assert isinstance(layer.bias, torch.Tensor)
    nn.init.zeros_(layer.bias)
    x = torch.randn(shape)
    found = read_matrices(layer, x, 8, DRAW)
    assert found is not None
    products = (found.vectors @ found.weight.transpose(1, 2)).transpose(0, 1).flatten(1)
    outputs = layer(x) if isinstance(layer, nn.Linear) else layer(x).movedim(1, -1)
    for product, row in zip(products, found.rows, strict=True):
        places = outputs[row].reshape(-1, outputs.shape[-1])
        assert (places - product).abs().amax(1).min() < 1e-5


def test_the_matrices_are_views_of_the_weight():
    layer = nn.Conv2d(4, 6, 3, groups=2)
    found = read_matrices(layer, torch.randn(2, 4, 5, 5), 4, DRAW)
    assert found is not None
    found.weight.zero_()
    assert not layer.weight.any()


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (nn.ConvTranspose2d(4, 6, 3), torch.randn(2, 4, 5, 5)),
        (nn.Embedding(4, 6), torch.zeros(2, dtype=torch.long)),
        (nn.LSTM(4, 6), torch.randn(2, 3, 4)),
        (weight_norm(nn.Linear(4, 6)), torch.randn(2, 4)),
    ],
)
def test_other_layers_have_none(layer, x):
    assert read_matrices(layer, x, 4, DRAW) is None
