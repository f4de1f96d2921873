from __future__ import annotations

import torch
from sklearn.datasets import load_digits

from nas.data import digits
from nas.task.task import Task
from nas.testing.dataset import images_of


def test_task_and_sizes() -> None:
    data = digits.load()
    assert data.task == Task(classes=10, channels=1, resolution=8)
    assert len(data.train) + len(data.val) + len(data.test) == 1797
    assert (len(data.train), len(data.val)) == (1078, 360)
    assert not data.flip


def test_pixels_are_those_of_scikit_learn_scaled_to_bytes() -> None:
    data = digits.load(seed=5)
    bunch = load_digits()
    known = {
        (tuple(image), int(label)) for image, label in zip(bunch.data, bunch.target, strict=True)
    }
    sixteenths = (images_of(data.val).images.flatten(1).double() * 16 / 255).round()
    for image, label in zip(sixteenths, data.val.labels, strict=True):
        assert (tuple(image.tolist()), int(label)) in known
    assert int(torch.cat([images_of(data.train).images, images_of(data.val).images]).max()) == 255
