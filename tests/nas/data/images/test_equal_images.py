from __future__ import annotations

import torch

from nas.data.images.equal_images import equal_images, equal_notes


def test_images_that_share_a_row_are_not_equal() -> None:
    images = torch.zeros(4, 3, 4, 4, dtype=torch.uint8)
    images[1, 0, 0, 0] = images[2, 2, 3, 3] = 1
    assert equal_images(images) == ((0, 3),)
    images[3, 1, 1, 1] = 9
    assert equal_images(images) == ()


def test_no_copies_no_notes() -> None:
    assert equal_notes((), ["a"], ([0], [], [])) == []


def test_long_lists_are_cut() -> None:
    groups = (tuple(range(5)), *((at, at + 1) for at in range(5, 13, 2)))
    (note,) = equal_notes(groups, list("abcdefghijklm"), (range(13), [], []))
    assert note == (
        "8 images equal another one: 'a' = 'b' = 'c' = 2 more, 'f' = 'g', 'h' = 'i' and 2 more "
        "groups."
    )


def test_each_split_and_class_of_a_long_group_is_named() -> None:
    classes = ["cat"] * 5 + ["dog"]
    _, leak, torn = equal_notes(
        ((0, 1, 2, 3, 4, 5),), list("abcdef"), (range(5), [], [5]), classes
    )
    assert "'a' (train) = 'b' (train) = 'f' (test) = 3 more" in leak
    assert "'a' (cat) = 'b' (cat) = 'f' (dog) = 3 more" in torn
