"""Random shifts and mirror images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor


def augment(images: Tensor, *, flip: bool, generator: torch.Generator) -> Tensor:
    """Shift each image by up to an eighth of its side and, if allowed, mirror half of them.

    Args:
        images: (B, C, H, W) on any device.
        flip: Whether a mirrored image keeps its class.
        generator: On the CPU, whatever the device.
    """
    count, _channels, height, width = images.shape
    reach = max(1, height // 8)
    padded = F.pad(images, (reach,) * 4)
    shift = torch.randint(2 * reach + 1, (2, count, 1), generator=generator).to(images.device)
    rows = shift[0] + torch.arange(height, device=images.device)  # (B, H)
    columns = shift[1] + torch.arange(width, device=images.device)  # (B, W)
    if flip:
        mirrored = torch.rand(count, 1, generator=generator).to(images.device) < 0.5
        columns = torch.where(mirrored, columns.flip(1), columns)
    batch = torch.arange(count, device=images.device)[:, None, None]
    moved = padded.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)  # (B, H, W, C) -> (B, C, H, W)
