"""Recorded calls and the tensors between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

BATCH = 10007
"""A batch size that no model uses for anything else: multiples of it follow the batch."""


@dataclass(eq=False, slots=True)
class Value:
    """A tensor of a recorded run and its origin: a step, an input, a parameter or a constant.

    Attributes:
        tensor: The tensor itself; on the meta device it has no values.
        step: The call that computed it; ``path`` is its place among the results.
        input: Position among the model's inputs.
        parameter: The model's name of a parameter.
        fixed: Its values, if they do not depend on the inputs; ``buffer`` is the model's name of
            it, if there is one.
        used: Whether a recorded step reads it.
    """

    tensor: Tensor
    step: Step | None = None
    path: tuple[int, ...] = ()
    input: int | None = None
    parameter: str | None = None
    fixed: Tensor | None = None
    buffer: str | None = None
    used: bool = False


@dataclass(eq=False, slots=True)
class Step:
    """A call of a torch function or a leaf module, with :class:`Value` in place of tensors.

    ``place`` is the module that made the call, in runs that locate failures.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    reads: list[Value] = field(default_factory=list)
    place: Any = None


def follows_batch(part: Any) -> bool:
    """Whether an argument is a size that changes with the batch."""
    return type(part) is int and part > 0 and part % BATCH == 0


def is_continuous(tensor: Tensor) -> bool:
    """Whether a tensor can be learned: it holds neither whole numbers nor booleans."""
    return tensor.is_floating_point() or tensor.is_complex()
