"""The contract of a data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

import torch

from nas.data.split import Split
from nas.space.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from nas.data.samples import Samples


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
    train, _val, _test = parts
    pixels = images[train].float()
    mean = pixels.mean((0, 2, 3))
    std = pixels.std((0, 2, 3)).clamp_min(1.0)
    task = Task(classes=classes, channels=images.shape[1], resolution=images.shape[-1])
    splits = [Split(images[part], labels[part], mean, std) for part in parts]
    return Dataset(
        name=name,
        task=task,
        train=splits[0],
        val=splits[1],
        test=splits[2],
        flip=flip,
        class_names=class_names,
    )


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
