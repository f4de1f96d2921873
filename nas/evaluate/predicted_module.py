"""Any torch module with predicted weights."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from nas.errors import ConfigError, ImportingError, described
from nas.files import write_tensors
from nas.graph.graph import Graph
from nas.importers.from_module import from_module
from nas.modules.batch_statistics import measure_statistics
from nas.modules.calling import as_given, called_with, graph_call
from nas.modules.example_graph import example_graph
from nas.modules.example_inputs import example_inputs as guessed_inputs
from nas.modules.surroundings import (
    as_taken,
    has_inference_tensors,
    plain_surroundings,
    unwrapped,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch_geometric.data import Data

    from nas.importers.imported import Coverage, Frozen, Imported
    from nas.modules.calling import Arguments
    from nas.predictor.weight_predictor import WeightPredictor

_Module = TypeVar("_Module", bound=nn.Module)


@dataclass(frozen=True, eq=False)
class PredictedModule(Generic[_Module]):
    """A module whose weights a hypernetwork has predicted.

    Attributes:
        model: The module itself.
        graph: The graph that the hypernetwork read.
        coverage: Which parameters were predicted; the others kept their values.
        seconds: Times for reading the module (``import``), and for predicting and writing its
            weights (``predict``).
    """

    model: _Module
    graph: Graph
    coverage: Coverage
    seconds: Mapping[str, float]

    def save(self, file: Path) -> None:
        """Write the module's state as safetensors, for its ``load_state_dict``.

        A tensor with several names is written under each of them. For a compiled or
        data-parallel module the names are those of the inner module.
        """
        write_tensors(file, _apart(unwrapped(self.model).state_dict()))


@torch.no_grad()
def predict_module(
    predictor: WeightPredictor,
    model: _Module,
    example_inputs: Tensor | Sequence[Tensor] | Data | None = None,
    *,
    calibration: Tensor | Sequence[Tensor] | Data | None = None,
    frozen: Frozen = "keep",
    arguments: Arguments | None = None,
) -> PredictedModule[_Module]:
    """Write predicted weights into a module: every learned parameter that an output depends on.

    Parameters keep device, data type and ``requires_grad``. A shared parameter is predicted once,
    a complex one as real and imaginary part. A parameter keeps its value and is reported if it
    requires no gradient, is not floating-point, is inside TorchScript, or if no output depends on
    it. Parts that cannot be recorded run unchanged; their weights are predicted from shape and
    kind of layer alone, and reported as whole. Running statistics of predicted norms are reset.

    Args:
        predictor: A trained hypernetwork.
        model: Any module, for any number of classes and channels; its mode is not changed.
        example_inputs: Arguments of ``forward``, the batch first. A model on the nodes of a graph
            takes features and edges, or a record of torch-geometric.
            For models of images and of graphs they may be omitted: see
            :mod:`nas.modules.example_inputs` and :mod:`nas.modules.example_graph`. Like
            calibration, they are moved to the device and the data type of the model.
        calibration: Inputs, several samples each, on which batch norms measure their statistics
            with the new weights. Without it, the module is for training only: its norms have no
            statistics for evaluation mode.
        frozen: ``"predict"`` also replaces floating-point parameters that require no gradient.
        arguments: The way to call the model with these inputs, if it is known; see
            :func:`nas.modules.calling.graph_call`.

    Raises:
        ImportingError: The model is no module or cannot be read as a graph, or its inputs cannot
            be guessed.
        ConfigError: The predictor is no hypernetwork.
        GraphError: The model accepts no graph, but was given one.

    Example:
        >>> from torch import nn
        >>> from hypernets.checkpoint import load
        >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 5))
        >>> predicted = predict_module(load("nasnet-digits"), model)
        >>> predicted.model is model, predicted.coverage.share
        (True, 1.0)
    """
    if not isinstance(model, nn.Module):
        raise ImportingError(
            f"expected a torch module to predict the weights of, got {described(model)}",
            hint="For a graph, predictor.predict([graph]) gives its tensors.",
        )
    if not hasattr(predictor, "predict"):
        raise ConfigError(
            f"expected a hypernetwork as the predictor, got {described(predictor)}",
            hint="hypernets.load reads a trained one.",
        )
    start = perf_counter()
    own = unwrapped(model)
    with plain_surroundings(own):
        if example_inputs is None:
            example_inputs = example_graph(own, predictor.card)
        if example_inputs is None:
            example_inputs = guessed_inputs(own, predictor.card)
        inputs = _tensors(example_inputs, own)
        if arguments is None:
            arguments = graph_call(own, *inputs) if _is_graph(inputs) else as_given
        with called_with(own, arguments):
            imported = from_module(own, inputs, frozen=frozen)
    read = perf_counter()
    with plain_surroundings(nn.Module()):
        (params,) = predictor.predict([_of_scores(imported.graph)])
    inference = has_inference_tensors(own)
    with plain_surroundings(own, inference=inference):
        _write(own, imported, params)
    seconds = {"import": read - start, "predict": perf_counter() - read}
    if calibration is not None:
        with plain_surroundings(own, inference=inference):
            measure_statistics(own, *arguments(*_tensors(calibration, own)))
    return PredictedModule(model, imported.graph, imported.coverage, seconds)


def _tensors(given: Tensor | Sequence[Tensor] | Data, model: nn.Module) -> tuple[Tensor, ...]:
    """Inputs as tensors on the model's device and of its data type.

    A record of a data graph becomes its features and edges.
    """
    if isinstance(given, Tensor):
        given = (given,)
    parts = given if isinstance(given, tuple | list) else _of_record(given)
    own = next(model.parameters(), None)
    place = None if own is None else own.device
    return tuple(
        as_taken(model, part.to(place)) if isinstance(part, Tensor) else part for part in parts
    )


def _of_record(record: Any) -> tuple[Tensor, Tensor]:
    """Features and edges.

    Raises:
        ImportingError: The record lacks them.
    """
    parts: dict[str, Any] = {name: getattr(record, name, None) for name in ("x", "edge_index")}
    missing = [name for name, part in parts.items() if part is None]
    if missing:
        raise ImportingError(
            "expected tensors or a record with x and edge_index, got "
            f"{type(record).__name__} without {' and '.join(missing)}",
            hint="Give a tensor, several of them as a tuple, or a Data of torch-geometric.",
        )
    return parts["x"], parts["edge_index"]


def _is_graph(inputs: tuple[Tensor, ...]) -> bool:
    """Whether inputs are features (N, F) and edges (2, E)."""
    if len(inputs) != 2 or not all(isinstance(part, Tensor) for part in inputs):
        return False
    x, edges = inputs
    of_edges = edges.shape[:-1] == (2,) and edges.dtype == torch.long
    return of_edges and x.dim() == 2 and x.is_floating_point()


def _of_scores(graph: Graph) -> Graph:
    """The graph without a softmax at its end: hypernetworks are trained without one."""
    ends = {
        node.name: node.inputs[0]
        for node in graph.nodes
        if node.name in graph.outputs
        and not graph.consumers[node.name]
        and node.op.features().kind == "softmax"
    }
    if not ends:
        return graph
    nodes = tuple(node for node in graph.nodes if node.name not in ends)
    return Graph(graph.inputs, nodes, tuple(ends.get(name, name) for name in graph.outputs))


def _write(model: nn.Module, imported: Imported, params: Mapping[str, Tensor]) -> None:
    """Copy predicted tensors into the module's own, and reset the norms among them."""
    own = dict(model.named_parameters())
    for name, tensor in params.items():
        if imported.names[name] in imported.coverage.predicted:
            parameter = own[imported.names[name]]
            (torch.view_as_real(parameter) if parameter.is_complex() else parameter).copy_(tensor)
    written = {id(own[name]) for name in imported.coverage.predicted}
    for part in model.modules():
        if (
            written
            and isinstance(part, _NormBase)
            and all(id(p) in written for p in part.parameters())
        ):
            part.reset_running_stats()


def _apart(state: Mapping[str, object]) -> dict[str, Tensor]:
    """The tensors of a state, each in its own memory."""
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in state.items():
        if isinstance(tensor, Tensor):
            place = tensor.untyped_storage().data_ptr()
            found[name] = tensor.clone() if place in seen else tensor
            seen.add(place)
    return found
