"""A data set of images with numbers to predict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nas.data.dataset import Targets, from_images
from nas.errors import DataError
from nas.task.image_regression import IMAGE_REGRESSION

if TYPE_CHECKING:
    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.data.images.stored_images import Images


def make_regression_dataset(
    name: str,
    images: Images,
    targets: Tensor,
    *,
    parts: tuple[Tensor, Tensor, Tensor],
    flip: bool,
    target_names: tuple[str, ...] = (),
) -> Dataset:
    """A data set for predicting numbers from images.

    Args:
        name: Name of the data set.
        images: (n, C, S, S) in bytes, in memory or in a file.
        targets: (n, targets), or (n,) for one.
        parts: Indices of the images to train on, to rank on and to test on.
        flip: Whether a mirrored image keeps its targets.
        target_names: Names in the order of the columns; ``target0``, ``target1``... if empty.

    Raises:
        DataError: Shapes do not fit, a target is not finite, or one is the same for all training
            images.
    """
    columns = targets.float().reshape(len(targets), -1)
    if len(columns) != len(images):
        raise DataError(
            f"{name!r} needs a row of targets for each image, got {len(columns)} rows for "
            f"{len(images)} images"
        )
    names = target_names or tuple(f"target{column}" for column in range(columns.shape[1]))
    if len(names) != columns.shape[1]:
        raise DataError(f"{name!r} has {columns.shape[1]} targets, but {len(names)} names of them")
    train = columns[parts[0]]
    mean, std = train.mean(0), train.std(0)
    for column, target in enumerate(names):
        if not bool(columns[:, column].isfinite().all()):
            raise DataError(f"target {target!r} of {name!r} holds numbers that are not finite")
        if not float(std[column]) > 0:
            raise DataError(
                f"target {target!r} of {name!r} is the same for all training images",
                hint="Leave it out: there is nothing to learn.",
            )
    labels = (columns - mean) / std
    data = from_images(name, images, labels, classes=len(names), parts=parts, flip=flip)
    return replace(
        data,
        task=replace(data.task, kind=IMAGE_REGRESSION),
        targets=Targets(names, tuple(mean.tolist()), tuple(std.tolist())),
    )
