"""Which hypernetwork suits a space and a data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypernets import cards, checkpoint
from nas.errors import UnknownNameError, counted
from nas.evaluate.meter import check_fits
from nas.evaluate.untrained import UNTRAINED, UntrainedWeights
from nas.events import Noted, ignore

if TYPE_CHECKING:
    import torch

    from hypernets.card import HypernetCard
    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.space.search_space import SearchSpace
    from nas.task.task import Task


def suited(
    space: SearchSpace,
    data: Dataset,
    name: str | None = None,
    *,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
) -> GraphHyperNetwork | UntrainedWeights:
    """The hypernetwork of that name or directory, or the shipped one that fits.

    A shipped one fits the space and data set it was trained on, and other files of the data set of
    that name, such as CIFAR-10 as JPEG images, with a note. Where there is none for the space, a
    general one is taken, and where there is none for the data, or the name is ``none``, candidates
    are ranked without a hypernetwork.

    Raises:
        UnknownNameError: There is none of that name.
        CheckpointError: It cannot be read.
        ConfigError: It was trained for other data.
    """
    chosen = _shipped_for(space, data, listen) if name is None else name
    if chosen == UNTRAINED:
        return UntrainedWeights(data.task).to(device)
    hypernet = checkpoint.load(chosen)
    check_fits(hypernet.card, data)
    return hypernet.to(device)


def is_shipped_for(space: SearchSpace, data: Dataset) -> bool:
    """Whether a shipped one was trained in the space, on a data set of that name or content."""
    return any(card.space == space.name for card in _fitting(space, data).values())


def _fitting(space: SearchSpace, data: Dataset) -> dict[str, HypernetCard]:
    """Cards of the shipped ones, general or of the space, that fit the data set, by name."""
    trained = cards.shipped()
    known = {entry: checkpoint.read_card(trained.get(entry)) for entry in trained}
    return {
        entry: card
        for entry, card in known.items()
        if (card.space == space.name or card.general)
        and (card.fingerprint == data.fingerprint or card.dataset == data.name)
    }


def _shipped_for(space: SearchSpace, data: Dataset, listen: Listener) -> str:
    """The name of the shipped one that fits, or of none."""
    known = _fitting(space, data)
    if not known:
        text = (
            f"No hypernetwork is shipped for space {space.name!r} on data set {data.name!r}: "
            "candidates are ranked without one, and short trainings decide. --weights train "
            "trains one first, which repays its time in long searches."
        )
        listen(Noted(text=text))
        return UNTRAINED

    def differences(entry: str) -> tuple[bool, bool]:
        card = known[entry]
        return card.space != space.name, card.fingerprint != data.fingerprint

    entry = min(known, key=differences)
    other_space, other_files = differences(entry)
    trained_on = [f"networks of space {known[entry].space!r}"] * other_space + [
        f"other files of {data.name!r}, or on another split"
    ] * other_files
    if trained_on:
        what = " and on ".join(trained_on)
        listen(Noted(text=f"Hypernetwork {entry!r} was trained on {what}; it may rank less well."))
    return entry


def suited_to_modules(
    data: Dataset,
    name: str | None = None,
    *,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
) -> GraphHyperNetwork:
    """The hypernetwork of that name or directory, or a shipped one, for networks of no space.

    A general one trained on the data set is preferred. It predicts for any channels and classes; a
    note names those that it was not trained for.

    Raises:
        UnknownNameError: No shipped one was trained on this data set.
        CheckpointError: It cannot be read.
    """
    hypernet = checkpoint.load(_shipped_general(data) if name is None else name)
    card, task = hypernet.card, data.task
    if not card.general:
        listen(
            Noted(
                text=f"Hypernetwork {card.name!r} was trained on networks of space "
                f"{card.space!r}; weights it predicts for other networks may be poor."
            )
        )
    if (card.channels, card.features, card.classes) != (
        task.channels,
        task.features,
        task.classes,
    ):
        listen(
            Noted(
                text=f"Hypernetwork {card.name!r} was trained for {_sizes(card)}, but "
                f"{data.name!r} has {_sizes(task)}: fine-tune the predicted weights."
            )
        )
    return hypernet.to(device)


def _sizes(of: HypernetCard | Task) -> str:
    """Width of the inputs, and number of classes."""
    width = counted(of.features, "feature") if of.features else counted(of.channels, "channel")
    return f"{width} and {counted(of.classes, 'class')}"


def _shipped_general(data: Dataset) -> str:
    trained = cards.shipped()
    known = {entry: checkpoint.read_card(trained.get(entry)) for entry in trained}
    fitting = [entry for entry, card in known.items() if card.dataset == data.name]
    if not fitting:
        raise UnknownNameError(
            f"no shipped hypernetwork was trained on data set {data.name!r}",
            hint="Name one with --weights; `nas hypernets` lists them, and any of them predicts, "
            "but for other data only as a start of training.",
        )
    return min(fitting, key=lambda entry: (not known[entry].general, entry))


def usual_proxy(space: SearchSpace) -> dict[str, Any]:
    """Macro sizes at which a hypernetwork of this space trains in minutes on two cores."""
    sizes = space.proxy_sizes()
    if space.task.resolution:
        sizes["resolution"] = min(space.task.resolution, 16)
    return sizes
