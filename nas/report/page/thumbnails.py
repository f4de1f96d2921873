"""Small pictures of a data set's images."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from nas.report.page.parts import picture

if TYPE_CHECKING:
    from markupsafe import Markup
    from torch import Tensor

_SMALL = 64
"""Images of fewer pixels are shown with sharp pixels."""
_EXACT = 32
"""Largest side in pixels of images that are kept exactly; larger ones would take much space."""


def thumbnail(image: Tensor, alt: str, *, largest: int = 160) -> Markup:
    """An image as a picture of a few kilobytes.

    Args:
        image: (C, H, W) in bytes; other than three channels are averaged.
        alt: What it shows.
        largest: Largest side in pixels.
    """
    pixels = image.permute(1, 2, 0) if len(image) == 3 else image.float().mean(0).byte()
    made = Image.fromarray(pixels.cpu().contiguous().numpy())
    made.thumbnail((largest, largest))
    kind = "png" if max(made.size) <= _EXACT else "jpeg"
    with io.BytesIO() as file:
        made.save(file, kind.upper(), optimize=True)
        content = file.getvalue()
    return picture(kind, content, alt, "" if image.shape[-1] < _SMALL else "smooth")
