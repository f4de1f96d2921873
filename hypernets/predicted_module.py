"""Any torch module with predicted weights."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from hypernets.example_inputs import example_inputs as guessed_inputs
from nas.files import write_tensors
from nas.importers.from_module import from_module
from nas.train.batch_statistics import measure_statistics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nas.graph.graph import Graph
    from nas.importers.imported import Coverage, Imported
    from nas.predictor.weight_predictor import WeightPredictor

_Module = TypeVar("_Module", bound=nn.Module)


@dataclass(frozen=True, eq=False)
class PredictedModule(Generic[_Module]):
    """A module whose weights a hypernetwork has predicted.

    Attributes:
        model: The module itself.
        graph: As the hypernetwork read it.
        coverage: Which parameters were predicted; the others are as they were.
        seconds: Spent reading the module (``import``), and predicting and writing its weights
            (``predict``).
    """

    model: _Module
    graph: Graph
    coverage: Coverage
    seconds: Mapping[str, float]

    def save(self, file: Path) -> None:
        """Write the module's state as safetensors, for its ``load_state_dict``.

        A tensor that has several names is written under each of them.
        """
        write_tensors(file, _apart(self.model.state_dict()))


@torch.no_grad()
def predict_module(
    predictor: WeightPredictor,
    model: _Module,
    example_inputs: Tensor | Sequence[Tensor] | None = None,
    *,
    calibration: Tensor | Sequence[Tensor] | None = None,
) -> PredictedModule[_Module]:
    """Write predicted weights into a module: every parameter that an output depends on.

    Parameters keep device, data type and whether they are trained; frozen ones are predicted too,
    and one that several layers share once. What is inside TorchScript, or used by no output, stays
    as it is and is reported. Running statistics of the norms that were predicted start afresh.

    Args:
        predictor: A trained hypernetwork.
        model: Any module, for any number of classes and channels; its mode is left as it was.
        example_inputs: What ``forward`` takes, the batch first. For a model of images it may be
            left out: see :func:`hypernets.example_inputs.example_inputs`.
        calibration: Inputs, several samples each, on which batch norms measure their statistics
            with the new weights. Without, the module is for training: in evaluation mode its norms
            would use statistics of nothing.

    Raises:
        ImportingError: The module cannot be read as a graph, or inputs for it not be guessed.

    Example:
        >>> from torch import nn
        >>> from hypernets.checkpoint import load
        >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 5))
        >>> predicted = predict_module(load("nasnet-digits"), model)
        >>> predicted.model is model, predicted.coverage.share
        (True, 1.0)
    """
    start = perf_counter()
    if example_inputs is None:
        example_inputs = guessed_inputs(model, predictor.card)
    imported = from_module(model, example_inputs)
    read = perf_counter()
    (params,) = predictor.predict([imported.graph])
    _write(model, imported, params)
    seconds = {"import": read - start, "predict": perf_counter() - read}
    if calibration is not None:
        inputs = (calibration,) if isinstance(calibration, Tensor) else calibration
        measure_statistics(model, *inputs)
    return PredictedModule(model, imported.graph, imported.coverage, seconds)


def _write(model: nn.Module, imported: Imported, params: Mapping[str, Tensor]) -> None:
    """Copy predicted tensors into the module's own, and reset the norms among them."""
    own = dict(model.named_parameters())
    for name, tensor in params.items():
        own[imported.names[name]].copy_(tensor)
    written = {id(own[name]) for name in imported.coverage.predicted}
    for part in model.modules():
        if isinstance(part, _NormBase) and all(id(p) in written for p in part.parameters()):
            part.reset_running_stats()


def _apart(state: Mapping[str, object]) -> dict[str, Tensor]:
    """The tensors of a state, each in memory of its own."""
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in state.items():
        if isinstance(tensor, Tensor):
            place = tensor.untyped_storage().data_ptr()
            found[name] = tensor.clone() if place in seen else tensor
            seen.add(place)
    return found
