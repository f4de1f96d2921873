"""Predict the weights of a network that the user names in any form."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from nas.data.dataset import Dataset
    from nas.evaluate.prediction import Prediction
    from nas.events import Listener
    from nas.importers.imported import Frozen


def of_architecture(
    text: str,
    space: str,
    data: Dataset,
    weights: str | None,
    device: torch.device,
    seed: int,
    listen: Listener,
) -> Prediction:
    """Predict an architecture, named as for :func:`cli.architecture.read_architecture`.

    Args:
        text: The architecture.
        space: The space of a notation.
        data: The data set.
        weights: A hypernetwork; one shipped for the space if None.
        device: Where to predict.
        seed: Seed of the default weights.
        listen: Receives notes on the hypernetwork.

    Raises:
        NasError: The architecture or the hypernetwork cannot be read, or do not fit the data.
    """
    from cli.architecture import read_architecture
    from cli.space import find_space
    from hypernets.suited import suited
    from nas.evaluate.prediction import of_graph

    start = perf_counter()
    graph = read_architecture(text, space, data.task)
    read = perf_counter() - start
    hypernet = suited(find_space(space, data.task), data, weights, device=device, listen=listen)
    return of_graph(graph, data, hypernet, seed=seed, device=device, seconds=read)


def of_factory(
    text: str,
    data: Dataset,
    weights: str | None,
    device: torch.device,
    seed: int,
    listen: Listener,
    frozen: Frozen = "keep",
) -> Prediction:
    """Predict a module, named as for :func:`cli.user_code.module_factory.make_module`.

    Args:
        text: The factory, with arguments.
        data: The data set.
        weights: A hypernetwork; one shipped for the data set if None.
        device: Where to predict.
        seed: Seed of the default weights.
        listen: Receives notes on the hypernetwork and the images.
        frozen: Whether parameters that require no gradient keep their values or are predicted.

    Raises:
        NasError: The module or the hypernetwork cannot be read, or do not fit the data.
    """
    from cli.user_code.module_factory import make_module
    from hypernets.suited import suited_to_modules
    from nas.evaluate.prediction import of_module
    from nas.seeding import derive, seeded

    with seeded(derive(seed, "weights")):
        module = make_module(text)
        hypernet = suited_to_modules(data, weights, device=device, listen=listen)
        return of_module(module, data, hypernet, frozen=frozen, device=device, listen=listen)
