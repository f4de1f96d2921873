"""Labels in an array, as class indices."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nas.errors import DataError, counted

if TYPE_CHECKING:
    from pathlib import Path

_FEW = 20
"""Labels from which a class for every second one is taken for an error."""
NONE = -1
"""Index of a sample without a class."""


class ClassIndices(NamedTuple):
    """Labels as indices.

    Attributes:
        indices: Class index of each sample (n,), int64; :data:`NONE` without a class.
        names: Names of the classes, in order.
    """

    indices: np.ndarray
    names: tuple[str, ...]


def too_many(classes: int, labels: int) -> bool:
    """Whether labels have too many different values to be classes."""
    return labels >= _FEW and 2 * classes > labels


def class_indices(path: Path | str, labels: np.ndarray, *, missing: bool = False) -> ClassIndices:
    """Class indices of labels, which may be whole numbers, texts, or rows with a single one.

    Args:
        path: Where they are from, for messages.
        labels: (n,), (n, 1), or (n, classes) of zeros and ones.
        missing: Whether negative numbers and NaN stand for samples without a class.

    Raises:
        DataError: They are no classes.

    Example:
        >>> class_indices("pets.npz", np.array([3, 1, 3]))
        ClassIndices(indices=array([1, 0, 1]), names=('1', '3'))
    """
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = _from_one_hot(path, labels)
    if labels.ndim != 1 and labels.shape != (len(labels), 1):
        raise DataError(
            f"{str(path)!r} has labels {labels.shape}, expected one of each sample",
            hint="Give classes (n,), as whole numbers or texts.",
        )
    labels = labels.reshape(-1)
    known = np.ones(len(labels), dtype=bool)
    if labels.dtype.kind in "fiu":
        known = _known(path, labels, missing=missing)
    kinds, indices = np.unique(labels[known], return_inverse=True)
    if len(kinds) < 2 or too_many(len(kinds), int(known.sum())):
        raise DataError(
            f"{str(path)!r} has {counted(len(kinds), 'class')} for "
            f"{counted(int(known.sum()), 'label')}, expected two or more classes of several "
            "samples each"
        )
    found = np.full(len(labels), NONE, dtype=np.int64)
    found[known] = indices
    names = kinds.astype(np.int64) if kinds.dtype.kind == "f" else kinds
    return ClassIndices(found, tuple(map(_text, names.tolist())))


def _from_one_hot(path: Path | str, labels: np.ndarray) -> np.ndarray:
    if labels.dtype.kind not in "biuf" or not (
        np.isin(labels, (0, 1)).all() and (labels.sum(1) == 1).all()
    ):
        raise DataError(
            f"{str(path)!r} has labels {labels.shape}, of which some rows have no single 1",
            hint="A sample has exactly one class; give classes (n,) as whole numbers.",
        )
    indices: np.ndarray = labels.argmax(1)
    return indices


def _known(path: Path | str, labels: np.ndarray, *, missing: bool) -> np.ndarray:
    """Where numbers are classes.

    Raises:
        DataError: Some are fractions, or are missing where all must be there.
    """
    known: np.ndarray = np.isfinite(labels)
    if missing:
        known &= np.nan_to_num(labels, nan=-1) >= 0
    elif not known.all():
        raise DataError(f"{str(path)!r} has labels that are not finite")
    if (labels[known] % 1 != 0).any():
        raise DataError(
            f"{str(path)!r} has labels that are fractions, expected classes",
            hint="Numbers to predict are read from targets.csv in a folder of images.",
        )
    return known


def _text(label: object) -> str:
    return label.decode(errors="backslashreplace") if isinstance(label, bytes) else str(label)
