"""The contract of a data set."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

import torch

from nas.data.images.stored_images import subset
from nas.data.split import Split
from nas.errors import DataError, counted
from nas.seeding import generator
from nas.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from nas.data.found import Found
    from nas.data.images.stored_images import Images
    from nas.data.samples import Samples

_AT_ONCE = 2**22
"""About as many values are read at once to count or digest all of them."""


@dataclass(frozen=True)
class Targets:
    """The targets of a regression.

    Labels are standardised: an output times ``std`` plus ``mean`` is in the units of the target.

    Attributes:
        names: Names of the targets, in the order of the outputs.
        mean: Of each target over the training split.
        std: Standard deviation of each target over the training split.
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """A task with three disjoint splits.

    Attributes:
        name: Registered name, or the name of the folder.
        task: Input and classes.
        train: The split that trains networks and hypernetworks and calibrates batch statistics.
        val: The ranking split.
        test: The split that is used once, for the final model.
        flip: Whether a mirrored image keeps its class.
        class_names: Names in the order of the labels; None if the classes have no names.
        targets: The targets of a regression; None for classification.
        skipped: Numbers of files that were skipped because they are no images, by suffix or kind.
        notes: Remarks on how the data set was read, in sentences.
        found: What was found in a user's own data; None for registered data sets.

    Example:
        >>> from nas.data import load
        >>> digits = load("digits")
        >>> len(digits.train), len(digits.val), len(digits.test)
        (1078, 360, 359)
    """

    name: str
    task: Task
    train: Samples
    val: Samples
    test: Samples
    flip: bool = False
    class_names: tuple[str, ...] | None = None
    targets: Targets | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    found: Found | None = None

    def __repr__(self) -> str:
        task = self.task
        sizes = f"{counted(task.width, task.traits.width[:-1])}, {counted(task.classes, 'output')}"
        parts = {"train": self.train, "val": self.val, "test": self.test}
        counts = ", ".join(f"{name} {len(samples)}" for name, samples in parts.items())
        return f"Dataset({self.name!r}: {sizes}; {counts})"

    def to(self, device: torch.device | str) -> Dataset:
        """The same data on a device."""
        return self._map(lambda split: split.to(device))

    def at(self, resolution: int) -> Dataset:
        """The same data at another resolution."""
        if resolution == self.task.resolution:
            return self
        task = replace(self.task, resolution=resolution)
        return replace(self._map(lambda split: split.at(resolution)), task=task)

    def resplit(self, seed: int) -> Dataset:
        """The images to train and to rank on, drawn anew; the test split stays as it is.

        Both splits keep their sizes and the numbers of images of each class, and images are
        normalised as before.

        Args:
            seed: Of the draw.

        Raises:
            DataError: Samples are the nodes of a graph.
        """
        train, val = self.train, self.val
        if not (isinstance(train, Split) and isinstance(val, Split)):
            raise DataError(f"the splits of {self.name!r} cannot be drawn anew: it is a graph")
        pool = train.joined(val)
        strata = pool.labels.cpu() if self.targets is None else torch.zeros(len(pool))
        ranked = _ranked_anew(strata, len(train), generator(seed, "resplit"))
        learnt, ranked = (part.to(pool.labels.device) for part in (~ranked, ranked))
        return replace(self, train=pool.subset(learnt), val=pool.subset(ranked))

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that are equal for equal data and splits."""
        digest = blake2b(digest_size=8)
        for split in (self.train, self.val, self.test):
            samples = split.contents[1]
            digest.update(str(tuple(samples.shape)).encode())
            for held in split.contents:
                for part in held.split(_rows_at_once(held)):
                    digest.update(part.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def _map(self, change: Callable[[Samples], Samples]) -> Dataset:
        return replace(
            self, train=change(self.train), val=change(self.val), test=change(self.test)
        )


def from_images(
    name: str,
    images: Images,
    labels: Tensor,
    *,
    classes: int,
    parts: tuple[Tensor, Tensor, Tensor],
    flip: bool,
    class_names: tuple[str, ...] | None = None,
) -> Dataset:
    """A data set from images (n, C, S, S) in bytes, labels, and the indices of its splits."""
    pixels = [subset(images, part) for part in parts]
    mean, std = mean_and_deviation(pixels[0])
    task = Task(classes=classes, channels=images.shape[1], resolution=images.shape[-1])
    splits = [
        Split(held, labels[part], mean, std.clamp_min(1.0))
        for held, part in zip(pixels, parts, strict=True)
    ]
    return Dataset(
        name=name,
        task=task,
        train=splits[0],
        val=splits[1],
        test=splits[2],
        flip=flip,
        class_names=class_names,
    )


def mean_and_deviation(images: Images, most: int = 2**28) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel of images in bytes: (C,), (C,).

    Args:
        images: (n, C, H, W).
        most: Largest number of pixels that are converted to floats at once. More pixels are
            counted by value, which is exact and needs little memory but is slower.
    """
    if math.prod(images.shape) <= most:
        pixels = images[:].float()
        return pixels.mean((0, 2, 3)), pixels.std((0, 2, 3))
    counts = torch.zeros(images.shape[1], 256, dtype=torch.double)
    for part in images.split(_rows_at_once(images)):
        counts += torch.stack([_histogram(channel) for channel in part.unbind(1)])
    values = torch.arange(256, dtype=torch.double)
    total = counts.sum(1)  # (C,)
    mean = counts @ values / total
    squares = (counts * (values - mean[:, None]) ** 2).sum(1)
    return mean.float(), (squares / (total - 1)).sqrt().float()


def _histogram(channel: Tensor) -> Tensor:
    """The count of each byte in images (n, H, W): (256,)."""
    return channel.flatten().bincount(minlength=256)


def _rows_at_once(held: Images) -> int:
    return max(1, _AT_ONCE // max(1, math.prod(held.shape[1:])))


def stratified(
    labels: Tensor, fractions: tuple[float, ...], draw: torch.Generator
) -> list[Tensor]:
    """Indices of ``len(fractions)`` disjoint parts with the same shares of all classes."""
    parts: list[list[Tensor]] = [[] for _ in fractions]
    for label in labels.unique():
        members = (labels == label).nonzero().flatten()
        members = members[torch.randperm(len(members), generator=draw)]
        bounds = [round(sum(fractions[:i]) * len(members)) for i in range(len(fractions) + 1)]
        for part, start, end in zip(parts, bounds[:-1], bounds[1:], strict=True):
            part.append(members[start:end])
    return [torch.cat(part).sort().values for part in parts]


def _ranked_anew(strata: Tensor, trained: int, draw: torch.Generator) -> Tensor:
    """A mask of samples to rank on, as many in each stratum as stand behind the trained ones."""
    ranked = torch.zeros(len(strata), dtype=torch.bool)
    for stratum in strata.unique():
        members = (strata == stratum).nonzero().flatten()
        order = members[torch.randperm(len(members), generator=draw)]
        ranked[order[: int((members >= trained).sum())]] = True
    return ranked
