from __future__ import annotations

import pytest
import torch
from torch import nn

from nas.compile.apply import apply
from nas.graph.builder import GraphBuilder
from search_spaces.cells.transformer import encoder_layer


@pytest.mark.parametrize("qkv_bias", [False, True])
def test_agrees_with_torch(qkv_bias) -> None:
    b = GraphBuilder()
    x = b.input((1, 5, 8))
    graph = b.build(encoder_layer(b, x, heads=2, hidden=16, qkv_bias=qkv_bias))
    torch.manual_seed(0)
    theirs = nn.TransformerEncoderLayer(
        8, 2, 16, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    if not qkv_bias:
        nn.init.zeros_(theirs.self_attn.in_proj_bias)
    params = {
        "attention.norm.weight": theirs.norm1.weight,
        "attention.norm.bias": theirs.norm1.bias,
        "attention.out.weight": theirs.self_attn.out_proj.weight,
        "attention.out.bias": theirs.self_attn.out_proj.bias,
        "feed_forward.norm.weight": theirs.norm2.weight,
        "feed_forward.norm.bias": theirs.norm2.bias,
        "feed_forward.expand.weight": theirs.linear1.weight,
        "feed_forward.expand.bias": theirs.linear1.bias,
        "feed_forward.reduce.weight": theirs.linear2.weight,
        "feed_forward.reduce.bias": theirs.linear2.bias,
    }
    names = ("query", "key", "value")
    for name, weight in zip(names, theirs.self_attn.in_proj_weight.chunk(3), strict=True):
        params[f"attention.{name}.weight"] = weight
    if qkv_bias:
        for name, bias in zip(names, theirs.self_attn.in_proj_bias.chunk(3), strict=True):
            params[f"attention.{name}.bias"] = bias
    assert set(params) == set(graph.parameters())
    tokens = torch.randn(3, 5, 8)
    torch.testing.assert_close(apply(graph, params, tokens), theirs(tokens), rtol=1e-4, atol=1e-5)
