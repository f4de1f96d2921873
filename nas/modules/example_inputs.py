"""Inputs for a model that comes without an example."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from nas.errors import ImportingError
from nas.modules.mode import evaluating
from nas.modules.state import on_copies, replaced_state, unchanged
from nas.modules.surroundings import tensor_like
from nas.raised import definition, error_text, fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.graph.tensor_spec import Shape
    from nas.predictor.card import Card

RESOLUTIONS = (32, 28, 64, 96, 128, 224, 256, 299, 384, 16)
"""Common resolutions of images, in the order in which they are tried."""

_INPUT_LAYERS = (_ConvNd, nn.Linear, nn.Embedding, nn.EmbeddingBag)
"""Layers that show the shape of a model's inputs, if they come first."""


def example_inputs(model: nn.Module, card: Card) -> Tensor:
    """Zeros that a model takes, with the channels of its first convolution.

    Their resolution is the one the hypernetwork was trained at, or the first of
    :data:`RESOLUTIONS` that the model takes.

    Args:
        model: Takes one tensor of floats.
        card: The card of the hypernetwork.

    Raises:
        ImportingError: The model takes none of the inputs that were tried.
    """
    first = next((part for part in model.modules() if isinstance(part, _INPUT_LAYERS)), None)
    shapes = _guesses(first, card)
    found = first_taken(model, shapes)
    if found is not None:
        return found
    if isinstance(first, nn.Embedding | nn.EmbeddingBag):
        raise ImportingError(
            f"{type(model).__name__} begins with an embedding, so it reads tokens, which cannot "
            "be guessed",
            hint="Give example_inputs, such as torch.zeros(1, 16, dtype=torch.long).",
        )
    raise ImportingError(
        f"{type(model).__name__} takes none of the inputs that were tried, such as "
        f"{' or '.join(map(str, shapes[:2]))}{_reason(model, shapes[0])}",
        hint="Give example_inputs: a tensor, or several, with which model(*example_inputs) runs.",
    )


def first_taken(model: nn.Module, shapes: Sequence[Shape]) -> Tensor | None:
    """Zeros of the first shape that a model takes, on its device; None if it takes none.

    Shapes that also suit auxiliary heads, which run only in training, are preferred.
    """
    kind = tensor_like(model)
    for run in (_run_all_heads, _run_on_meta, _run):
        for shape in shapes:
            zeros = torch.zeros(shape, device=kind.device, dtype=kind.dtype)
            with suppress(Exception), torch.no_grad():  # a model may be arbitrary code
                run(model, zeros)
                return zeros
    return None


def _reason(model: nn.Module, shape: Shape) -> str:
    """Why a model does not take zeros of this shape, as the end of a message."""
    kind = tensor_like(model)
    zeros = torch.zeros(shape, device=kind.device, dtype=kind.dtype)
    if not fits(model.forward, zeros):
        return f": its forward is {definition(model.forward)}"
    try:
        with torch.no_grad():
            _run(model, zeros)
    except Exception as error:  # a model may be anybody's code
        return f": {error_text(error)}"
    return ""


def _guesses(first: nn.Module | None, card: Card) -> list[Shape]:
    """Shapes that a model with this first layer may take, the likeliest first."""
    channels, dims = card.channels, 2
    flat: list[Shape] = []
    if isinstance(first, _ConvNd):
        channels, dims = first.in_channels, len(first.kernel_size)
    elif isinstance(first, nn.Linear):
        flat = [(1, first.in_features)]
    sizes = dict.fromkeys((card.proxy.get("resolution", RESOLUTIONS[0]), *RESOLUTIONS))
    return [*flat, *((1, channels, *(size,) * dims) for size in sizes)]


def _run_all_heads(model: nn.Module, x: Tensor) -> None:
    with evaluating(model, containers=False):
        _call_on_meta(model, x)


def _run_on_meta(model: nn.Module, x: Tensor) -> None:
    with evaluating(model):
        _call_on_meta(model, x)


def _run(model: nn.Module, x: Tensor) -> None:
    with on_copies(model), evaluating(model):
        model(x)


def _call_on_meta(model: nn.Module, x: Tensor) -> None:
    """Run on the meta device, which is cheap but impossible for some models."""
    tensors = chain(model.parameters(), model.buffers())
    known = {tensor: torch.empty_like(tensor, device="meta") for tensor in tensors}
    with unchanged(model), replaced_state(model, known):
        model(x.to("meta"))
