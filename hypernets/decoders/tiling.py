"""Small tensors repeated over large ones, each value written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from nas.graph.tensor_spec import Shape


def tile(part: Tensor, shape: Shape) -> Tensor:
    """Repeat every dimension but the first until it fills ``shape``: (P, ...) -> (P, *shape).

    Example:
        >>> import torch
        >>> tile(torch.tensor([[1, 2]]), (5,))
        tensor([[1, 2, 1, 2, 1]])
    """
    sizes = part.shape[1:]
    if sizes == shape:
        return part
    repeats = [-(-size // have) for have, size in zip(sizes, shape, strict=True)]
    x = part
    # One dimension at a time: gradients are then summed in the same way, ten times faster.
    for dim in range(len(shape), 0, -1):
        x = x.unsqueeze(dim).expand(*x.shape[:dim], repeats[dim - 1], *x.shape[dim:])
    whole = [have * times for have, times in zip(sizes, repeats, strict=True)]
    x = x.reshape(len(part), *whole)
    for dim, size in enumerate(shape, start=1):
        if x.shape[dim] > size:
            x = x.narrow(dim, 0, size)
    return x


def tile_into(out: Tensor, part: Tensor) -> None:
    """Fill (P, *shape) with (P, ...) repeated along every dimension but the first.

    Example:
        >>> import torch
        >>> out = torch.empty(1, 5)
        >>> tile_into(out, torch.tensor([[1.0, 2.0]]))
        >>> out
        tensor([[1., 2., 1., 2., 1.]])
    """
    if part.shape != out.shape:
        part = part.contiguous()  # because it is read several times
    for dim in range(1, part.dim()):
        size, have = out.shape[dim], part.shape[dim]
        if have in (1, size):
            continue
        rest = size % have
        if rest:
            tile_into(out.narrow(dim, size - rest, rest), part.narrow(dim, 0, rest))
        repeated = out.narrow(dim, 0, size - rest).unflatten(dim, (-1, have))
        tile_into(repeated, part.unsqueeze(dim))
        return
    out.copy_(part)
