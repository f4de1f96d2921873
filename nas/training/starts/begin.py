"""Give a network its initial weights."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nas.compile.module import to_module
from nas.data.fitted import fitted
from nas.errors import DataError
from nas.modules.classifier import first_tensor
from nas.seeding import derive, seeded
from nas.training.starts.card import StartCard
from nas.training.starts.given import given_by
from nas.training.starts.start import STARTS
from nas.training.starts.walk import contiguous, undisturbed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.training.starts.given import Given

_BATCH = 64
"""Samples of a training step, in which the cost of a start is counted."""


def begin(module: nn.Module, how: str, given: Given) -> StartCard:
    """Give a module its initial weights in place.

    Args:
        module: Any module, on the device of the samples; modes and buffers stay as they are.
        how: Name of the start.
        given: What the weights are made from.

    Returns:
        What the start did.

    Raises:
        UnknownNameError: There is no such start.
        ConfigError: It needs a hypernetwork.
        DataError: It needs samples, and there are fewer than two.
    """
    start = STARTS.get(how)
    reads = "samples" in start.needs
    if reads and len(given.rows) < 2:
        raise DataError(
            f"the start {how!r} needs at least two training samples, got {len(given.rows)}",
            hint="Give more samples, or start from default weights.",
        )
    before = perf_counter()
    with contiguous(module):
        layers = start.apply(module, given)
    seconds = perf_counter() - before
    return StartCard(
        start=how,
        layers=layers,
        seconds=seconds,
        steps=seconds / _seconds_of_step(module, given) if reads else 0.0,
        notes=given.notes if "labels" in start.needs else (),
    )


def initial_weights(
    graph: Graph,
    data: Dataset,
    how: str,
    *,
    predictor: WeightPredictor | None = None,
    own: OwnModule | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
) -> tuple[Mapping[str, Tensor] | None, StartCard]:
    """Initial weights for :func:`nas.training.train`: those of a graph by name.

    Args:
        graph: The network.
        data: At any resolution; used at the network's.
        how: Name of the start.
        predictor: Predicts weights, where the start needs that.
        own: The user's module of this network; it gets the weights too.
        seed: Of the default weights and of all random draws of the start.
        device: Where to run the network.

    Returns:
        The weights, None for those that the module is made with; and what the start did.

    Raises:
        UnknownNameError: There is no such start.
        ConfigError: The start needs a hypernetwork.
        GraphError: The network is not for this data.
    """
    start = STARTS.get(how)
    if not start.needs:
        return None, StartCard(start=how)
    given = given_by(fitted(data, graph).to(device), samples=start.samples, seed=seed)
    module = network_of(graph, own, seed, device)

    @torch.no_grad()
    def predict(module: nn.Module) -> None:
        assert predictor is not None
        (params,) = predictor.predict([graph])
        if own is not None:
            own.start_from(params)
        else:
            module.load_state_dict(dict(params), strict=False)

    if predictor is not None:
        given = replace(given, predict=predict)
    card = begin(module, how, given)
    values = {name: value.detach() for name, value in module.named_parameters()}
    names = {name: name if own is None else own.names[name] for name in graph.parameters()}
    return {name: values[inner] for name, inner in names.items()}, card


def state_from(
    module: nn.Module, state: Mapping[str, Tensor], how: str, given: Given
) -> dict[str, Tensor]:
    """The state of a module that had a state and was then given a start; its own stays as it is.

    Args:
        module: Any module.
        state: Its state before the start.
        how: Name of the start.
        given: What the weights are made from.
    """
    before = {name: value.clone() for name, value in module.state_dict().items()}
    module.load_state_dict(state)
    begin(module, how, given)
    after = {name: value.clone() for name, value in module.state_dict().items()}
    module.load_state_dict(before)
    return after


def network_of(
    graph: Graph, own: OwnModule | None, seed: int, device: torch.device | str
) -> nn.Module:
    """The module that is trained: the user's own, or that of the graph, drawn from the seed."""
    if own is not None:
        return own.module.to(device)
    with seeded(derive(seed, "weights")):
        return to_module(graph).to(device)


def _seconds_of_step(module: nn.Module, given: Given) -> float:
    """Time of the gradients of one training step; infinite where nothing can be trained."""
    is_graph = not (len(given.inputs) == 1 and isinstance(given.inputs[0], Tensor))
    few = slice(None) if is_graph else slice(_BATCH)
    inputs = given.inputs if is_graph else (given.inputs[0][few],)
    learnt = [parameter for parameter in module.parameters() if parameter.requires_grad]
    before = perf_counter()
    with undisturbed(module), torch.enable_grad():
        outputs = first_tensor(module(*inputs))
        loss = given.loss(outputs.float(), given.labels[few], 0.0)
        if not loss.requires_grad:
            return torch.inf
        torch.autograd.grad(loss, learnt, allow_unused=True)
    return perf_counter() - before
