from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from hypernets.decoders.class_head import extend_class_vectors

VECTORS = torch.randn(32, 5, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("classes", [1, 3, 5])
def test_fewer_classes_are_the_first(classes: int) -> None:
    assert torch.equal(extend_class_vectors(VECTORS, classes), VECTORS[:, :classes])


def test_more_classes_keep_those_before() -> None:
    some, many = (extend_class_vectors(VECTORS, classes) for classes in (9, 2000))
    assert torch.equal(some[:, :5], VECTORS)
    assert torch.equal(many[:, :9], some)


def test_a_class_beyond_depends_on_its_index_alone() -> None:
    assert torch.equal(
        extend_class_vectors(VECTORS[:, :2], 20)[:, 5:], extend_class_vectors(VECTORS, 20)[:, 5:]
    )


def test_vectors_beyond_are_distinct_and_of_length_one() -> None:
    vectors = extend_class_vectors(torch.zeros(1000, 0), 50)
    assert_close(vectors.mT @ vectors, torch.eye(50), atol=0.2, rtol=0)


def test_gradients_reach_the_learned_vectors() -> None:
    learned = VECTORS.clone().requires_grad_()
    (grad,) = torch.autograd.grad(extend_class_vectors(learned, 7).sum(), learned)
    assert torch.equal(grad, torch.ones_like(VECTORS))
