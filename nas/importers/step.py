"""Recorded calls and the tensors between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 10007
"""A batch size that no model uses for anything else: multiples of it follow the batch."""

ATOMS = frozenset({bool, float, int, str, type(None)})
"""Types of most arguments that have no parts."""

_SEQUENCES = (tuple, list)


@dataclass(eq=False, slots=True)
class Value:
    """A tensor of a recorded run and where it came from: one of the last four fields.

    Attributes:
        tensor: The tensor itself, without numbers in a run on the meta device.
        step: What computed it, ``path`` telling which of the results it is.
        input: Position among the model's inputs.
        parameter: The model's name of a parameter.
        fixed: Its numbers, where they do not depend on the inputs; ``buffer`` is the model's name
            of it if it has one.
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
    """A call of a torch function, or of a module taken as a whole, with values for tensors.

    ``place`` is the module in which it was called, where that was watched.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    reads: list[Value] = field(default_factory=list)
    place: Any = None


def mapped(part: Any, change: Callable[[Any], Any], kind: type | tuple[type, ...] = Tensor) -> Any:
    """The same arguments with every part of some types changed."""
    if type(part) in ATOMS:
        return part
    if isinstance(part, kind):
        return change(part)
    if isinstance(part, _SEQUENCES):
        parts = [inner if type(inner) in ATOMS else mapped(inner, change, kind) for inner in part]
        if hasattr(part, "_fields"):
            return type(part)(*parts)
        return parts if isinstance(part, list) else tuple(parts)
    if isinstance(part, dict):
        return {key: mapped(inner, change, kind) for key, inner in part.items()}
    if isinstance(part, slice):
        ends = (mapped(end, change, kind) for end in (part.start, part.stop, part.step))
        return slice(*ends)
    return part


def leaves(part: Any) -> list[Any]:
    """The innermost parts of arguments."""
    if type(part) in ATOMS:
        return [part]
    if isinstance(part, slice):
        part = (part.start, part.stop, part.step)
    if isinstance(part, dict):
        part = tuple(part.values())
    if isinstance(part, tuple | list):
        return [leaf for inner in part for leaf in leaves(inner)]
    return [part]


def follows_batch(part: Any) -> bool:
    """Whether an argument is a size that changes with the batch."""
    return type(part) is int and part > 0 and part % BATCH == 0


def is_continuous(tensor: Tensor) -> bool:
    """Whether a tensor can be learned: it holds neither whole numbers nor truth values."""
    return tensor.is_floating_point() or tensor.is_complex()
