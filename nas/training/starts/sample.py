"""Samples that represent all classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.errors import counted
from nas.seeding import generator
from nas.task.batch import labelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


def even(labels: Tensor, count: int, seed: int) -> Tensor:
    """Indices of at most ``count`` samples: in turn one of each class that has some left.

    So there are equally many of every class, whatever order the samples are in, as far as there
    are enough. Samples with numbers as targets are drawn at random.

    Args:
        labels: Class indices (n,), or targets (n, targets).
        count: Number of samples.
        seed: Of the draw.

    Example:
        >>> sorted(even(torch.tensor([0, 0, 0, 0, 0, 1]), 2, 0).tolist())[-1]
        5
    """
    order = torch.randperm(len(labels), generator=generator(seed, "start samples"))
    if not labels.is_floating_point():
        shuffled = labels.cpu()[order]
        turn = torch.zeros(len(labels), dtype=torch.long)  # how many of its class stand before it
        for label in shuffled.unique():
            members = shuffled == label
            turn[members] = torch.arange(int(members.sum()))
        order = order[turn.argsort(stable=True)]
    return order[:count].to(labels.device)


def missing_classes(
    labels: Tensor, classes: int, names: Sequence[str] | None = None
) -> tuple[str, ...]:
    """A sentence on the classes that have no sample, if there are any.

    Args:
        labels: Class indices, or targets of a regression, which lack none.
        classes: Number of classes.
        names: Of the classes, in the order of the labels.
    """
    if labels.is_floating_point():
        return ()
    counts = labels[labelled(labels)].bincount(minlength=classes)
    missing = (counts == 0).nonzero().flatten().tolist()
    if not missing:
        return ()
    shown = ", ".join(str(label if names is None else names[label]) for label in missing[:_NAMED])
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return (f"No training sample has {counted(len(missing), 'class')}: {shown}{more}.",)


_NAMED = 5
"""Largest number of classes that are named."""
