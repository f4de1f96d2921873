"""What users give as data, checked."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nas.errors import DataError, described

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARTS = ("train", "val", "test")
_INTEGERS = (torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8)


def check_name(name: object) -> None:
    """See that the name of a data set is a text.

    Raises:
        DataError: It is not.
    """
    if not isinstance(name, str):
        raise DataError(f"expected the name of a data set first, got {described(name)}")


def check_parts(name: str, parts: object) -> None:
    """See that a data set is given three parts.

    Raises:
        DataError: It is not.
    """
    if not isinstance(parts, list | tuple):
        raise DataError(
            f"{name!r} needs parts as a tuple of train, val and test, got {described(parts)}"
        )
    if len(parts) != len(PARTS):
        raise DataError(f"{name!r} needs three parts, train, val and test, got {len(parts)}")


def check_dense(name: str, given: Mapping[str, object]) -> None:
    """See that everything given is a dense tensor.

    Raises:
        DataError: Something is not.
    """
    for what, values in given.items():
        if not isinstance(values, Tensor) or values.layout != torch.strided:
            kind = values.layout if isinstance(values, Tensor) else type(values).__name__
            raise DataError(
                f"{name!r} needs {what} as a dense tensor, got {kind}",
                hint="Call .to_dense() on a sparse tensor, torch.as_tensor() on others.",
            )


def class_count(name: str, classes: int) -> int:
    """The number of classes as a plain integer; numpy and torch have theirs.

    Raises:
        DataError: It is no number of classes.
    """
    try:
        found = index(classes)
    except TypeError:
        found = 0
    if found < 1:
        raise DataError(f"{name!r} needs a whole number of classes from 1, got {classes!r}")
    return found


def check_integers(text: str, values: Tensor) -> None:
    """See that a tensor holds integers; ``text`` begins the message.

    Raises:
        DataError: It does not.
    """
    if values.dtype not in _INTEGERS:
        raise DataError(
            f"{text} integers, got {values.dtype}", hint="Convert them with .long() if they are."
        )


def check_range(text: str, values: Tensor, limit: int) -> None:
    """See that integers are from 0 to below a limit; ``text`` begins the message.

    Raises:
        DataError: One is not.
    """
    if values.numel() and not 0 <= int(values.min()) <= int(values.max()) < limit:
        raise DataError(
            f"{text} from {int(values.min())} to {int(values.max())}, expected numbers from 0 to "
            f"{limit - 1}"
        )


def indices_of(what: str, part: Tensor | Sequence[int], count: int, noun: str) -> Tensor:
    """Indices of the samples of a part (n,), of indices or of a mask.

    Args:
        what: Names the part in messages.
        part: The indices, or a mask (count,).
        count: Number of samples.
        noun: Word for the samples.

    Raises:
        DataError: The part is empty, out of range, or neither indices nor a mask.
    """
    try:
        given = torch.as_tensor(part)
    except (TypeError, ValueError, RuntimeError):
        raise DataError(f"{what} needs indices or a mask, got {described(part)}") from None
    if given.dtype == torch.bool:
        if given.shape != (count,):
            raise DataError(f"{what} is a mask {tuple(given.shape)}, expected ({count},)")
        given = given.nonzero().flatten()
    if not given.numel():
        raise DataError(f"{what} is empty", hint=f"Give at least one of the {noun} to each part.")
    if given.dtype == torch.uint8 or given.dim() != 1:
        raise DataError(
            f"{what} is {given.dtype} {tuple(given.shape)}, expected indices (n,) of int64 or a "
            f"mask ({count},) of bool"
        )
    check_integers(f"{what} needs", given)
    check_range(f"{what} has {noun}", given, count)
    return given.long()
