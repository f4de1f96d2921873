"""Which classes a network confuses, and its worst mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.training.evaluate import outputs

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.data.samples import Samples


@dataclass(frozen=True)
class Mistake:
    """A sample that a network classifies wrongly.

    Attributes:
        index: Its place among the labelled samples of the split.
        label: Name of its class.
        predicted: Name of the class that the network prefers.
        confidence: Probability of the preferred class.
        probability: Probability of its own class.
    """

    index: int
    label: str
    predicted: str
    confidence: float
    probability: float


@dataclass(frozen=True, eq=False)
class Confusion:
    """The classes of a split's samples and what a network takes them for.

    Attributes:
        names: Names of the classes.
        counts: Samples of class i that are taken for class j: (classes, classes).
        worst: Mistakes, those with the least probability of the right class first.
    """

    names: tuple[str, ...]
    counts: Tensor
    worst: tuple[Mistake, ...]

    @property
    def mistakes(self) -> int:
        """Number of samples that are classified wrongly."""
        return int(self.counts.sum() - self.counts.diagonal().sum())


def confusion(
    module: nn.Module,
    data: Dataset,
    split: Samples,
    *,
    worst: int = 12,
    device: torch.device | str = "cpu",
) -> Confusion:
    """Compare the classes of a split with those that a network prefers.

    Args:
        module: Maps samples to class scores (rows, classes).
        data: The data set, which names the classes; no regression.
        split: Labelled samples of it.
        worst: Largest number of mistakes to list.
        device: Device of the module.
    """
    scores, labels = (found.cpu() for found in outputs(module, split, device=device))
    size = data.task.classes
    names = data.class_names or tuple(map(str, range(size)))
    probabilities = scores.softmax(1)  # (n, classes)
    confidence, predicted = probabilities.max(1)
    own = probabilities.gather(1, labels[:, None])[:, 0]  # (n,)
    wrong = (predicted != labels).nonzero().flatten()
    order = wrong[own[wrong].argsort(stable=True)][:worst].tolist()
    counts = (labels * size + predicted).bincount(minlength=size * size).view(size, size)
    return Confusion(
        names=names,
        counts=counts,
        worst=tuple(
            Mistake(
                index=index,
                label=names[int(labels[index])],
                predicted=names[int(predicted[index])],
                confidence=float(confidence[index]),
                probability=float(own[index]),
            )
            for index in order
        ),
    )
