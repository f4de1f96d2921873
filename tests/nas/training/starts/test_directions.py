from __future__ import annotations

import torch
import torch.nn.functional as F

from nas.training.starts.directions import label_directions, orthogonal, whitening


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_rows_are_orthogonal_in_blocks_and_never_copies():
    rows = orthogonal(10, 4, draw())
    for block in rows.split(4):
        assert torch.allclose(block @ block.T, torch.eye(len(block)), atol=1e-5)
    alike = (rows @ rows.T - torch.eye(10)).abs()
    assert alike.max() < 0.999


def test_whitened_outputs_are_uncorrelated_with_equal_deviations():
    x = torch.randn(500, 6, generator=draw()) @ torch.randn(6, 6, generator=draw(1))
    y = x @ whitening(4, x, draw()).T
    assert torch.allclose(torch.cov(y.T), torch.eye(4), atol=0.01)
    assert whitening(9, x, draw()).shape == (9, 6)


def test_label_directions_separate_classes_with_many_and_with_few_vectors():
    labels = torch.arange(60) % 2
    for size in (5, 200):
        x = torch.randn(60, size, generator=draw())
        x[:, 0] += 6 * labels
        found = label_directions(x, F.one_hot(labels, 2).float())
        assert int(found[1].abs().argmax()) == 0
        assert torch.allclose(found[0], -found[1], atol=1e-4)
