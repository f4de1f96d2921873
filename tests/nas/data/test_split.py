from __future__ import annotations

import pytest
import torch

from nas.data.split import Split
from nas.seeding import generator


def split(images: torch.Tensor) -> Split:
    count, channels = images.shape[:2]
    labels = torch.arange(count)
    return Split(images, labels, torch.full((channels,), 100.0), torch.full((channels,), 50.0))


def test_normalises_each_channel_by_hand() -> None:
    images = torch.tensor([[[[100, 200]], [[0, 30]]]], dtype=torch.uint8)
    channels = Split(
        images, torch.zeros(1).long(), torch.tensor([100.0, 10]), torch.tensor([50, 5])
    )
    expected = torch.tensor([[[[0.0, 2.0]], [[-2.0, 4.0]]]])
    torch.testing.assert_close(channels.normalised(slice(None)), expected)


def test_batches_keep_the_order_without_a_generator() -> None:
    part = split(torch.arange(7, dtype=torch.uint8).reshape(7, 1, 1, 1))
    labels = [batch.tolist() for _, batch in part.batches(3)]
    assert labels == [[0, 1, 2], [3, 4, 5], [6]]


@pytest.mark.parametrize(("size", "sizes"), [(3, [3, 3]), (7, [7]), (10, [7])])
def test_a_smaller_last_batch_can_be_left_out(size: int, sizes: list[int]) -> None:
    part = split(torch.zeros(7, 1, 1, 1, dtype=torch.uint8))
    assert [len(labels) for _, labels in part.batches(size, drop_last=True)] == sizes


def test_shuffling_moves_images_with_their_labels() -> None:
    part = split(torch.arange(9, dtype=torch.uint8).reshape(9, 1, 1, 1))
    (images,), labels = next(part.batches(9, generator(3)))
    assert labels.tolist() != list(range(9))
    torch.testing.assert_close(images.flatten(), (labels - 100) / 50)


def test_a_lower_resolution_is_the_mean_of_areas() -> None:
    images = torch.tensor([[[[0, 10, 50, 50], [20, 30, 50, 51]] * 2]], dtype=torch.uint8)
    small = split(images).at(2)
    assert small.images.tolist() == [[[[15, 50], [15, 50]]]]
    assert small.images.dtype == torch.uint8


def test_subset_keeps_how_to_normalise() -> None:
    part = split(torch.arange(4, dtype=torch.uint8).reshape(4, 1, 1, 1))
    some = part.subset(torch.tensor([3, 1]))
    assert some.labels.tolist() == [3, 1]
    assert some.images.flatten().tolist() == [3, 1]
    assert some.mean is part.mean


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [0]), (2, [0, 9]), (4, [0, 3, 6, 9]), (10, list(range(10))), (99, list(range(10)))],
)
def test_a_spread_reaches_from_the_first_image_to_the_last(
    count: int, expected: list[int]
) -> None:
    part = split(torch.arange(10, dtype=torch.uint8).reshape(10, 1, 1, 1))
    (images,), labels = part.spread(count).whole()
    assert labels.tolist() == expected
    assert torch.equal(images, part.normalised(torch.tensor(expected)))


def test_images_change_their_resolution_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    images = torch.randint(256, (9, 3, 8, 8), generator=generator(0)).to(torch.uint8)
    whole = split(images).at(4)
    monkeypatch.setattr("nas.data.split._AT_ONCE", 2 * 3 * 8 * 8)
    assert torch.equal(split(images).at(4).images, whole.images)
    monkeypatch.setattr("nas.data.split._AT_ONCE", 1)
    assert torch.equal(split(images).at(4).images, whole.images)
