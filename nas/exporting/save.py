"""Save and load a trained network."""

from __future__ import annotations

import math
import runpy
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from nas.compile.module import to_module
from nas.data.split import Split
from nas.errors import CheckpointError, ExportError, GraphError, counted
from nas.exporting.random_inputs import random_inputs
from nas.exporting.source import python_source, usage
from nas.files import read_tensors, scratch_folder, write_tensors, write_text
from nas.graph.ops.messages.message_passing import MessagePassing
from nas.task.task import Task

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.graph.tensor_spec import TensorSpec
    from nas.modules.own_module import OwnModule
    from nas.task.kind import TaskKind

_TOLERANCE = 1e-5
_REPORT = "Please report this with the file architecture.json."


@dataclass(frozen=True)
class Files:
    """The files of an export."""

    directory: Path

    @property
    def source(self) -> Path:
        """Plain torch code; runs without this package."""
        return self.directory / "model.py"

    @property
    def weights(self) -> Path:
        """Parameters and running statistics."""
        return self.directory / "model.safetensors"

    @property
    def architecture(self) -> Path:
        """The graph, for this package."""
        return self.directory / "architecture.json"

    @property
    def card(self) -> Path:
        """Figures for people to read."""
        return self.directory / "card.md"


def save(
    graph: Graph,
    module: nn.Module,
    directory: Path,
    *,
    own: OwnModule | None = None,
    data: Dataset | None = None,
    card: Mapping[str, Any] | None = None,
) -> Files:
    """Write a trained network so that it can be used without this package.

    The written code is tested on random inputs before any file in ``directory`` is replaced. Only
    one process at a time may write to a directory.

    Args:
        graph: The architecture.
        module: The trained module, from :func:`nas.compile.to_module` or the user.
        directory: Where to write; other files in it are not touched.
        own: The user's module, if that was trained. The weights have its names, so that its
            class can also load them.
        data: The data set it was trained on. The code then also prepares images and lists the
            names of the classes.
        card: Figures by name; accuracies between 0 and 1.

    Raises:
        GraphError: The network cannot be run.
        ExportError: The written code cannot be run, or its output differs from the module's.
    """
    with scratch_folder(directory) as scratch:
        files = Files(scratch)
        write_text(files.source, python_source(graph, data, own))
        write_tensors(files.weights, module.state_dict())
        write_text(files.architecture, graph.to_json())
        write_text(files.card, _card(graph, card or {}, data))
        _verify(graph, module, files)
        for file in (files.weights, files.architecture, files.card, files.source):
            file.replace(directory / file.name)
    return Files(directory)


def check_exportable(graph: Graph, data: Dataset | None = None) -> None:
    """Check that a network can be exported: export it with fresh weights, then delete the files.

    Raises:
        GraphError: The network cannot be run.
        ExportError: It cannot be written, or the output of the written code differs.
    """
    with tempfile.TemporaryDirectory() as scratch, torch.random.fork_rng(devices=[]):
        save(graph, to_module(graph), Path(scratch), data=data)


def load_module(graph: Graph, directory: Path, *, own: OwnModule | None = None) -> nn.Module:
    """The module of a graph with the weights that :func:`save` wrote, in evaluation mode.

    Args:
        graph: The architecture.
        directory: Where the weights are.
        own: The user's module; it loads the weights if they have its names.

    Raises:
        CheckpointError: The weights are missing, damaged, or of another graph.
    """
    module: nn.Module = to_module(graph)
    weights = Files(directory).weights
    state, _ = read_tensors(
        weights, lambda why: CheckpointError(f"cannot read the weights {str(weights)!r}: {why}")
    )
    try:
        if own is not None and state.keys() != module.state_dict().keys():
            module = own.module
        module.load_state_dict(state)
    except RuntimeError as error:
        raise CheckpointError(
            f"the weights {str(weights)!r} are of another architecture: {error}"
        ) from None
    return module.eval()


@torch.no_grad()
def _verify(graph: Graph, module: nn.Module, files: Files) -> None:
    device = next(chain(module.parameters(), module.buffers()), torch.empty(0)).device
    inputs = random_inputs(graph, torch.Generator().manual_seed(0))
    try:
        expected = _outputs(module.eval(), tuple(x.to(device) for x in inputs))
    except Exception as error:  # torch's functions raise errors of many kinds
        raise GraphError(f"the network cannot be run: {_first_line(error)}") from error
    try:
        outputs = _outputs(runpy.run_path(str(files.source))["load"](files.weights), inputs)
    except Exception as error:
        raise ExportError(
            f"the exported code cannot be run: {_first_line(error)}", hint=_REPORT
        ) from error
    tolerance = _TOLERANCE if device.type == "cpu" else 1e-2
    for mine, theirs in zip(outputs, expected, strict=True):
        difference = _difference(mine, theirs.cpu())
        if not difference <= tolerance:
            raise ExportError(
                f"the exported code differs from the trained network by {difference:.1e}",
                hint=_REPORT,
            )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _outputs(network: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The output tensors of a network; random functions use the same seed each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        outputs = network.forward(*inputs)  # if it fails, a call of an fx module would print
    if isinstance(outputs, Mapping):
        return tuple(outputs.values())
    return outputs if isinstance(outputs, tuple) else (outputs,)


def _difference(mine: Tensor, theirs: Tensor) -> float:
    """The largest difference, relative to the largest value if that is above 1."""
    if mine.shape != theirs.shape:
        return math.inf
    mine, theirs = mine + 0.0, theirs + 0.0  # booleans cannot be subtracted
    differing = ~mine.isclose(theirs, rtol=0, atol=0, equal_nan=True)
    if not differing.any():
        return 0.0
    finite = theirs[theirs.isfinite()].abs()
    largest = max(1.0, float(finite.max())) if len(finite) else 1.0
    return float((mine[differing] - theirs[differing]).abs().max()) / largest


_USAGE = """
`model.py` needs {packages} only{preparation}:

```python
{usage}
```
"""

_PREPARATION = """. `preprocess` takes images in bytes 0..255, resizes
them, and normalises each channel by the `MEAN` and `STD` of the training images"""


def _card(graph: Graph, figures: Mapping[str, Any], data: Dataset | None) -> str:
    kind = (Task(classes=1) if data is None else data.task).traits
    facts = {
        name.replace("_", " ").replace("accuracy", kind.metric): _figure(name, value, kind)
        for name, value in figures.items()
    }
    if data is not None:
        facts["data set"] = f"{data.name}, {counted(data.task.classes, kind.output)}"
    facts["input"] = ", ".join(map(_size, graph.inputs))
    listed = (f"- {name}: {' '.join(fact.split())}" for name, fact in facts.items())
    return "\n".join(["# Network", "", *listed, _usage(graph, data)])


def _usage(graph: Graph, data: Dataset | None) -> str:
    """How to use the written files."""
    geometric = any(isinstance(node.op, MessagePassing) for node in graph.nodes)
    needed = "torch, torch-geometric and safetensors" if geometric else "torch and safetensors"
    images = data is not None and isinstance(data.train, Split)
    return _USAGE.format(
        packages=needed, preparation=_PREPARATION if images else "", usage=usage(data)
    )


def _size(spec: TensorSpec) -> str:
    """The size of an input for one sample, such as ``3 x 32 x 32``."""
    if spec.is_edge_index:
        return "edges 2 x E"
    return " x ".join(map(str, spec.shape[1:])) or "1"


def _figure(name: str, value: Any, kind: TaskKind) -> str:
    match value:
        case float() if name.endswith("accuracy"):
            return kind.metric_format.format(value)
        case float():
            return f"{value:.1f}"
        case int():
            return f"{value:,}"
    return str(value)
