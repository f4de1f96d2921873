from __future__ import annotations

import base64
import io
import re

import pytest
import torch
from PIL import Image
from torch import Tensor

from nas.report.page.thumbnails import thumbnail


def noise(channels: int, side: int) -> Tensor:
    return torch.randint(256, (channels, side, side), dtype=torch.uint8)


def shown(image: Tensor, **options: int) -> Image.Image:
    (content,) = re.findall(r"base64,([^\"]*)", thumbnail(image, "", **options))
    return Image.open(io.BytesIO(base64.b64decode(content)))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_small_images_are_shown_exactly(channels: int) -> None:
    image = noise(channels, 8)
    grey = image.float().mean(0).byte()[..., None]
    expected = image.permute(1, 2, 0) if channels == 3 else grey
    pixels = torch.tensor(list(shown(image).convert("RGB").tobytes())).view(8, 8, 3)
    assert torch.equal(pixels, expected.expand(8, 8, 3).long())


def test_large_images_take_little_space() -> None:
    image = noise(3, 300)
    assert shown(image, largest=96).size == (96, 96)
    assert len(thumbnail(image, "", largest=96)) < 16_000, "even where nothing can be compressed"


def test_the_text_is_escaped() -> None:
    assert '">' not in thumbnail(noise(1, 8), '"><script>')[:-2]
