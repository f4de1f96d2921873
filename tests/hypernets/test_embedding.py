from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch

from hypernets.embedding import NodeEmbedding, grown
from hypernets.features import KINDS, PASSED, TABLE_SIZES, encode
from tests.hypernets.hypernet_toys import every_role


@pytest.fixture
def embedding():
    torch.manual_seed(0)
    return NodeEmbedding(6)


@pytest.fixture
def batch():
    return Batch.from_data_list([encode(every_role(), 50).data])


def test_one_state_for_each_node(embedding, batch):
    assert embedding(batch).shape == (batch.num_nodes, 6)


@pytest.mark.parametrize("column", range(len(TABLE_SIZES)))
def test_each_attribute_has_a_table_of_its_own(embedding, batch, column):
    size, start = TABLE_SIZES[column], sum(TABLE_SIZES[:column])
    rows = []
    for value in range(size):
        batch.attributes[:, column] = value
        (grad,) = torch.autograd.grad(embedding(batch).sum(), embedding.attributes.weight)
        used = grad.abs().sum(1).nonzero().flatten().tolist()
        rows += [row for row in used if start <= row < start + size]
    assert rows == list(range(start, start + size))


@pytest.mark.parametrize("name", ["kind", "attributes", "passed", "depth"])
def test_every_feature_matters(embedding, batch, name):
    before = embedding(batch)
    features = getattr(batch, name)
    features[1] = features[1] * 0 if features[1].any() else features[1] + 1
    changed = (embedding(batch) != before).any(1)
    assert changed.tolist() == [index == 1 for index in range(batch.num_nodes)]


def test_tables_of_an_earlier_vocabulary_grow_by_zeros(embedding, batch):
    state = {f"embedding.{name}": tensor for name, tensor in embedding.state_dict().items()}
    kinds, passed = state["embedding.kind.weight"], state["embedding.passed.weight"]
    found = grown(
        {
            **state,
            "embedding.kind.weight": kinds[:14],
            "embedding.passed.weight": passed[:, :17],
        }
    )
    assert found.keys() == state.keys()
    assert torch.equal(found["embedding.kind.weight"][:14], kinds[:14])
    assert torch.equal(found["embedding.passed.weight"][:, :17], passed[:, :17])
    assert not found["embedding.kind.weight"][14:].any()
    assert not found["embedding.passed.weight"][:, 17:].any()
    before = embedding(batch)
    embedding.load_state_dict({name.partition(".")[2]: found[name] for name in found})
    assert torch.equal(embedding(batch), before)


def test_tables_of_this_vocabulary_stay(embedding):
    state = {f"embedding.{name}": tensor for name, tensor in embedding.state_dict().items()}
    found = grown(state)
    assert all(found[name] is state[name] for name in state)
    assert state["embedding.kind.weight"].shape == (len(KINDS), 6)
    assert state["embedding.passed.weight"].shape == (6, len(PASSED))
