from __future__ import annotations

import pytest
import torch

from nas.seeding import generator
from nas.task.augment import augment


@pytest.mark.parametrize("shape", [(5, 3, 32, 32), (1, 1, 8, 8), (4, 2, 7, 7), (2, 3, 16, 24)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("flip", [True, False])
def test_shape_and_dtype_are_kept(shape: tuple[int, ...], dtype: torch.dtype, flip: bool) -> None:
    images = torch.randn(shape, dtype=dtype)
    changed = augment(images, flip=flip, generator=generator(0))
    assert (changed.shape, changed.dtype) == (images.shape, images.dtype)


def moved(image: torch.Tensor, down: int, right: int) -> torch.Tensor:
    """The image shifted, zeros entering; by rolling a padded copy."""
    _, height, width = image.shape
    wide = torch.nn.functional.pad(image, (8, 8, 8, 8))
    return wide.roll((down, right), (1, 2))[:, 8 : 8 + height, 8 : 8 + width]


@pytest.mark.parametrize("flip", [True, False])
def test_each_image_is_shifted_by_up_to_an_eighth_and_perhaps_mirrored(flip: bool) -> None:
    images = torch.rand(400, 1, 24, 24) + 1
    seen = set()
    for image, changed in zip(
        images, augment(images, flip=flip, generator=generator(1)), strict=True
    ):
        matches = [
            (down, right, mirrored)
            for down in range(-3, 4)
            for right in range(-3, 4)
            for mirrored in (False, True)
            if torch.equal(
                moved(image, down, right).flip(2) if mirrored else moved(image, down, right),
                changed,
            )
        ]
        assert len(matches) == 1
        seen |= set(matches)
    shifts = {(down, right) for down in range(-3, 4) for right in range(-3, 4)}
    assert {(down, right) for down, right, _ in seen} == shifts
    assert {mirrored for _, _, mirrored in seen} == ({False, True} if flip else {False})


def test_half_of_the_images_are_mirrored() -> None:
    ramp = torch.arange(16.0).expand(1000, 1, 16, 16) + 1
    changed = augment(ramp, flip=True, generator=generator(2))[:, 0, 8]
    mirrored = int((changed[:, 9] < changed[:, 6]).sum())
    assert 440 < mirrored < 560  # 500 ± 3.8 standard deviations


def test_all_channels_move_together() -> None:
    images = torch.rand(20, 1, 8, 8).expand(20, 3, 8, 8)
    changed = augment(images, flip=True, generator=generator(0))
    assert torch.equal(changed[:, 0], changed[:, 1])
    assert torch.equal(changed[:, 0], changed[:, 2])


def test_it_follows_the_generator_and_leaves_its_input_alone() -> None:
    images = torch.rand(20, 3, 8, 8)
    before = images.clone()
    first, again, other = (
        augment(images, flip=True, generator=generator(seed)) for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(images, before)
