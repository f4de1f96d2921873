"""The contract of a data set."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

import torch

from nas.data.split import Split
from nas.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from nas.data.found import Found
    from nas.data.samples import Samples


@dataclass(frozen=True)
class Targets:
    """What the outputs of a regression stand for.

    Labels are standardised: an output times ``std`` plus ``mean`` is in the units of the target.

    Attributes:
        names: Of the targets, in the order of the outputs.
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
        train: Networks and hypernetworks learn from it, batch statistics are calibrated on it.
        val: Candidates are ranked on it.
        test: Touched once, by the final model.
        flip: Whether a mirrored image keeps its class.
        class_names: In the order of the labels; None where the classes have no names.
        targets: Of a regression, what the outputs stand for.
        skipped: Files that were left out as they are no images, counted by suffix or kind.
        notes: What should be known of how it was read, in sentences.
        found: Of images in a folder or an archive, what was found there.

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

    def to(self, device: torch.device | str) -> Dataset:
        """The same data on a device."""
        return self._map(lambda split: split.to(device))

    def at(self, resolution: int) -> Dataset:
        """The same data at another resolution."""
        if resolution == self.task.resolution:
            return self
        task = replace(self.task, resolution=resolution)
        return replace(self._map(lambda split: split.at(resolution)), task=task)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that tell whether two runs saw the same data and splits."""
        digest = blake2b(digest_size=8)
        for split in (self.train, self.val, self.test):
            samples = split.tensors[1]
            digest.update(str(tuple(samples.shape)).encode())
            for tensor in split.tensors:
                digest.update(tensor.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def _map(self, change: Callable[[Samples], Samples]) -> Dataset:
        return replace(
            self, train=change(self.train), val=change(self.val), test=change(self.test)
        )


def make_dataset(
    name: str,
    images: Tensor,
    labels: Tensor,
    *,
    classes: int,
    parts: tuple[Tensor, Tensor, Tensor],
    flip: bool,
    class_names: tuple[str, ...] | None = None,
) -> Dataset:
    """A data set from images (n, C, S, S) in bytes, labels (n,), and the indices of its splits."""
    pixels = [images[part] for part in parts]
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


def mean_and_deviation(images: Tensor, most: int = 2**28) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel of images in bytes: (C,), (C,).

    Args:
        images: (n, C, H, W).
        most: Pixels that are taken as floating point numbers at once; more of them are counted
            by their values, which is exact, slower, and takes no memory to speak of.
    """
    if images.numel() <= most:
        pixels = images.float()
        return pixels.mean((0, 2, 3)), pixels.std((0, 2, 3))
    counts = torch.stack([_histogram(channel) for channel in images.unbind(1)]).double()
    values = torch.arange(256, dtype=torch.double)
    total = counts.sum(1)  # (C,)
    mean = counts @ values / total
    squares = (counts * (values - mean[:, None]) ** 2).sum(1)
    return mean.float(), (squares / (total - 1)).sqrt().float()


def _histogram(channel: Tensor) -> Tensor:
    """How often each byte stands in images (n, H, W): (256,)."""
    parts = channel.split(max(1, 2**22 // channel[0].numel()))
    return torch.stack([part.flatten().bincount(minlength=256) for part in parts]).sum(0)


def stratified(
    labels: Tensor, fractions: tuple[float, ...], generator: torch.Generator
) -> list[Tensor]:
    """Indices of ``len(fractions)`` disjoint parts that hold the classes in equal shares."""
    parts: list[list[Tensor]] = [[] for _ in fractions]
    for label in labels.unique():
        members = (labels == label).nonzero().flatten()
        members = members[torch.randperm(len(members), generator=generator)]
        bounds = [round(sum(fractions[:i]) * len(members)) for i in range(len(fractions) + 1)]
        for part, start, end in zip(parts, bounds[:-1], bounds[1:], strict=True):
            part.append(members[start:end])
    return [torch.cat(part).sort().values for part in parts]
