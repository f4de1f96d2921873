from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from nas.data import cluttered_digits
from nas.task.task import Task
from nas.testing.dataset import images_of


@pytest.fixture(scope="module")
def data():
    return cluttered_digits.load()


def test_task_and_sizes(data):
    assert data.task == Task(classes=10, channels=1, resolution=24)
    assert [len(split) for split in (data.train, data.val, data.test)] == [6000, 1500, 1500]
    assert not data.flip
    assert data.class_names == tuple("0123456789")


@pytest.mark.parametrize("seed", [0, 1])
def test_splits_share_no_source_digit_neither_whole_nor_as_fragment(monkeypatch, seed):
    bunch = load_digits()
    known = {image.tobytes(): row for row, image in enumerate(bunch.images / 16)}
    assert len(known) == len(bunch.images)
    given, make = [], cluttered_digits._made

    def watched(digits, count, draw):
        given.append({known[digit.tobytes()] for digit in digits})
        return make(digits, count, draw)

    monkeypatch.setattr(cluttered_digits, "_made", watched)
    cluttered_digits.load(seed=seed)
    train, val, test = given
    assert [len(train), len(val), len(test)] == pytest.approx([1198, 299.5, 299.5], abs=3)
    assert len(train | val | test) == len(train) + len(val) + len(test) == 1797


def test_each_source_digit_gives_about_five_images(data):
    counts = data.train.labels.bincount()
    sources = np.bincount(load_digits().target) * 2 / 3
    assert counts.numpy() / sources == pytest.approx([5.0] * 10, abs=0.1)


def test_labels_are_those_of_the_source_digits(data):
    """Averaged over many images the clutter is the same for all classes, the digit is not."""
    pictures = images_of(data.train).images[:, 0].double()
    ink = torch.stack([pictures[data.train.labels == digit].mean() for digit in range(10)])
    bunch = load_digits()
    expected = [bunch.images[bunch.target == digit].mean() for digit in range(10)]
    assert np.corrcoef(ink.numpy(), expected)[0, 1] > 0.8


def test_the_images_stay_the_same(data):
    """A shipped hypernetwork was trained on them."""
    assert data.fingerprint == "5c007a1d708f6c45"


def test_every_image_is_another(data):
    pictures = {image.numpy().tobytes() for image in images_of(data.train).images}
    assert len(pictures) == 6000


def test_neighbours_do_not_solve_it(data):
    train, test = images_of(data.train).subset(slice(2000)), images_of(data.test)
    fitted = KNeighborsClassifier(3).fit(train.images.flatten(1).numpy(), train.labels)
    assert 0.2 < fitted.score(test.images.flatten(1).numpy(), test.labels) < 0.4
