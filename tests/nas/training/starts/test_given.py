from __future__ import annotations

import pytest
import torch

from nas.errors import DataError
from nas.training.starts.given import given_by, given_tensors
from tests.nas.training.train_toys import toy_data


def test_a_data_set_gives_training_samples_of_all_classes():
    data = toy_data(images=1200)
    found = given_by(data)
    assert found.inputs[0].shape == (256, 3, 8, 8)
    assert sorted(found.targets.sum(0).tolist()) == [85, 85, 86]
    assert found.notes == ()
    assert len(given_by(data, samples=300).labels) == 300


@pytest.mark.parametrize(("resolution", "count"), [(64, 256), (80, 163), (160, 64)])
def test_fewer_large_images_run_at_once(resolution, count):
    data = toy_data(images=1200).at(resolution)
    assert len(given_by(data).labels) == count
    sizes = [len(part) for (part,) in given_by(data, samples=300).batches]
    assert sum(sizes) == 300
    assert count / 2 < min(sizes) <= max(sizes) <= count


def test_a_class_without_samples_is_named():
    x = torch.randn(8, 4)
    assert given_tensors(x, torch.tensor([0, 2] * 4), 3).notes == (
        "No training sample has 1 class: 1.",
    )


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.zeros(7, dtype=torch.long), "labels for 8 samples"),
        (torch.zeros(8, 2), r"numbers \(n, 3\)"),
        (torch.full((8,), 3), "from 0 to 2, as the network has 3 outputs, got 3 to 3"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, message):
    with pytest.raises(DataError, match=message):
        given_tensors(torch.randn(8, 4), labels, 3)
