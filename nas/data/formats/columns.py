"""Which columns of a table hold the images, their classes and their splits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.data.formats.class_indices import too_many
from nas.data.images.image_source import UNSPLIT
from nas.data.images.layout import SPLIT_OF
from nas.errors import DataError, counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_IMAGE = ("image", "img", "file", "path", "filename", "filepath", "imagepath", "imagefile")
_LABEL = (
    "label",
    "class",
    "target",
    "category",
    "y",
    "labels",
    "classname",
    "labelname",
    "finelabel",
)
_SPLIT = ("split", "set", "subset", "partition")
"""Names of columns without capitals, spaces and signs; the first one that is there counts."""

FORM = (
    "A table of images has a header, a column of images (image, file, path or filename), one of "
    "classes (label, class or target), and perhaps one called split with train, val and test."
)


@dataclass(frozen=True)
class Columns:
    """The columns of a table that are read, by their names.

    Attributes:
        image: Paths of the images, or their bytes.
        label: Their classes.
        split: Their splits; None if the table has none.
        others: Columns that are not read.
    """

    image: str
    label: str
    split: str | None
    others: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        """A note on the columns that are not read, if there are any."""
        if not self.others:
            return []
        return [
            f"The column {self.image!r} holds the images and {self.label!r} their classes; not "
            f"read: {', '.join(map(repr, self.others))}."
        ]


def columns_of(table: Path, names: Sequence[str]) -> Columns:
    """The columns of a table, found by their names.

    Args:
        table: The table, for messages.
        names: Names of all columns.

    Raises:
        DataError: No column has the name of images, or of classes.
    """
    image, label, split = (_first(names, known) for known in (_IMAGE, _LABEL, _SPLIT))
    if image is None or label is None:
        lacks = "images" if image is None else "classes"
        raise DataError(
            f"{str(table)!r} has no column of {lacks}; its columns are "
            f"{', '.join(map(repr, names))}",
            hint=FORM,
        )
    others = tuple(name for name in names if name not in (image, label, split))
    return Columns(image, label, split, others)


def _first(names: Sequence[str], known: Sequence[str]) -> str | None:
    """The first known name among the columns."""
    plain = {re.sub(r"[\W_]", "", name.lower()): name for name in reversed(names)}
    return next((plain[name] for name in known if name in plain), None)


def row_keys(
    table: Path, labels: Sequence[str], splits: Sequence[str] | None
) -> list[tuple[str, str]]:
    """Split and class of each row.

    Args:
        table: The table, for messages.
        labels: The class of each row.
        splits: The split of each row, under any of its usual names; None if the table has none.

    Raises:
        DataError: A class is missing, the classes are numbers or too many, or a split is unknown.
    """
    _check_labels(table, labels)
    if splits is None:
        return [(UNSPLIT, label) for label in labels]
    return [
        (_split_named(table, split), label) for split, label in zip(splits, labels, strict=True)
    ]


def _check_labels(table: Path, labels: Sequence[str]) -> None:
    """Raise unless the labels of the rows are names of classes.

    Raises:
        DataError: One is missing, there is only one class, or they are numbers or too many.
    """
    missing = next((row for row, label in enumerate(labels) if not label), None)
    if missing is not None:
        raise DataError(
            f"row {missing} of {str(table)!r} has no class", hint="Fill it, or remove the row."
        )
    classes = set(labels)
    if len(classes) < 2:
        raise DataError(
            f"expected two or more classes in {str(table)!r}, found {sorted(classes)}", hint=FORM
        )
    fractions = any(re.fullmatch(r"[-+]?\d*\.\d*[1-9]\d*(e[-+]?\d+)?", label) for label in classes)
    if fractions or too_many(len(classes), len(labels)):
        raise DataError(
            f"{str(table)!r} has {counted(len(classes), 'class')} for {len(labels):,} images, "
            f"{min(classes)!r} among them: these are no classes",
            hint="Numbers to predict are read from targets.csv in a folder of images.",
        )


def _split_named(table: Path, name: str) -> str:
    """The split that a name stands for.

    Raises:
        DataError: It stands for none.
    """
    split = SPLIT_OF.get(name.lower())
    if split is None:
        raise DataError(
            f"{str(table)!r} has the split {name!r}, expected one of {', '.join(SPLIT_OF)}"
        )
    return split
