"""The ranking split of images in files: its size if it is drawn, and its precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import DataError, counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nas.metric import Metric

USUAL_FRACTION = 0.1
"""Share of the training images that becomes the ranking split."""

_FEW = 100
"""With fewer ranking images, most differences between good networks are chance."""
_MANY = 500
"""Ranking images from which no note is made: the error of an accuracy is below two points."""
_EXAMPLE = 0.8
"""The value of the metric for which a note states the error."""


def check_fraction(fraction: float | None) -> None:
    """Raise unless the ranking split can be this share of the training images.

    Raises:
        DataError: The fraction is not between 0 and 1.
    """
    if fraction is not None and not 0 < fraction < 1:
        raise DataError(f"expected val_fraction between 0 and 1, got {fraction:g}")


def check_drawn(path: Path | str, fraction: float | None, *, is_given: bool) -> None:
    """Raise if the user asks for a share, but the ranking split is given and not drawn.

    Raises:
        DataError: The ranking split is given.
    """
    if fraction is not None and is_given:
        raise DataError(
            f"val_fraction={fraction:g} is asked for, but {str(path)!r} has a ranking split",
            hint="Leave val_fraction out, or make images of that split training images.",
        )


def check_classes(
    path: Path | str, fraction: float, splits: Mapping[str, Mapping[str, int]]
) -> None:
    """Raise if a drawn split lacks a class.

    Args:
        path: Folder or archive.
        fraction: Share of the training images that the user asks for.
        splits: Number of images of each class in each drawn split.

    Raises:
        DataError: A class has no image in a split.
    """
    for split, images in splits.items():
        missing = next((name for name, number in images.items() if not number), None)
        if missing is not None:
            total = counted(sum(counts[missing] for counts in splits.values()), "image")
            raise DataError(
                f"with val_fraction={fraction:g} the {split} split of {str(path)!r} has no image "
                f"of {missing!r}, of which there are {total} to train and rank on",
                hint="Choose a val_fraction nearer to one half, or add images of that class.",
            )


def precision_notes(images: int, metric: Metric, *, is_given: bool) -> list[str]:
    """A note on the precision of accuracies on a small ranking split.

    Args:
        images: Size of the split.
        metric: The metric of the kind of task.
        is_given: Whether the split is given and not drawn.

    Example:
        >>> from nas.metric import METRICS
        >>> precision_notes(150, METRICS["image-classification"], is_given=False)
        ['The ranking split has 150 images: an accuracy of 80% is known to ± 3.3 points.']
    """
    if images >= _MANY:
        return []
    example = f"{_EXAMPLE:.0%}" if metric.is_share else f"{_EXAMPLE:g}"
    note = (
        f"The ranking split has {counted(images, 'image')}: an {metric.metric} of {example} is "
        f"known to ± {metric.margin(_EXAMPLE, images)}."
    )
    if images >= _FEW:
        return [note]
    cure = "" if is_given else ("; --val-fraction, in Python val_fraction=..., makes it larger")
    return [f"{note} So few images hardly separate good networks{cure}."]
