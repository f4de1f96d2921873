from __future__ import annotations

import torch

from nas.graph.op import OpFeatures, ParamSpec, Role
from nas.graph.ops import Embedding


def test_ids_pick_rows():
    rows = torch.arange(12.0).view(4, 3)
    ids = torch.tensor([[3, 0], [1, 1]])
    found = Embedding(num_embeddings=4, dim=3).forward({"weight": rows}, ids)
    assert found.tolist() == [[[9, 10, 11], [0, 1, 2]], [[3, 4, 5], [3, 4, 5]]]


def test_the_rows_are_a_table():
    embedding = Embedding(num_embeddings=4, dim=3)
    assert embedding.parameters((1, 7)) == {"weight": ParamSpec((4, 3), Role.TABLE)}
    assert embedding.features() == OpFeatures(kind="embedding")
