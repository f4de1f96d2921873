from __future__ import annotations

import pytest
import torch

from nas.compile.module import to_module
from nas.errors import ShapeError
from nas.graph.builder import GraphBuilder
from nas.graph.op import OpFeatures
from nas.graph.ops import Attention

TOKENS = (1, 5, 12)


def test_each_head_mixes_the_values_by_the_softmax_of_the_products():
    source = torch.Generator().manual_seed(0)
    query = torch.randn(2, 5, 12, generator=source)
    key, value = torch.randn(2, 2, 7, 12, generator=source)
    result = Attention(heads=3).forward({}, query, key, value)
    for head in range(3):
        part = slice(4 * head, 4 * head + 4)
        scores = torch.einsum("btc,bsc->bts", query[..., part], key[..., part]) / 2  # √4
        torch.testing.assert_close(result[..., part], scores.softmax(-1) @ value[..., part])


@pytest.mark.parametrize("batch", [1, 4])
def test_a_compiled_one_takes_any_batch_and_any_number_of_tokens(batch):
    b = GraphBuilder()
    value = b.input(TOKENS)
    network = to_module(b.build(b.attention(value, value, value, heads=2)))
    x = torch.randn(batch, 9, 12)
    torch.testing.assert_close(network(x), Attention(heads=2).forward({}, x, x, x))


@pytest.mark.parametrize(
    "shapes",
    [
        (TOKENS, (1, 5, 6), (1, 5, 6)),
        (TOKENS, (1, 7, 12), TOKENS),
        (TOKENS, (2, 5, 12), (2, 5, 12)),
    ],
)
def test_keys_and_values_belong_together(shapes):
    with pytest.raises(ShapeError, match="expected queries"):
        Attention(heads=1).infer_shape(*shapes)


def test_heads_divide_the_channels():
    with pytest.raises(ShapeError, match="divisible by heads=5, got 12"):
        Attention(heads=5).infer_shape(TOKENS, TOKENS, TOKENS)


def test_images_are_refused():
    image = (1, 12, 5, 5)
    with pytest.raises(ShapeError, match=r"expected a batch of tokens \(B, T, C\), got"):
        Attention(heads=1).infer_shape(image, image, image)


def test_heads_are_groups():
    assert Attention(heads=3).features() == OpFeatures(kind="attention", groups=3)
