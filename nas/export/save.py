"""A trained network written out, and read back."""

from __future__ import annotations

import runpy
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from nas.compile.module import to_module
from nas.data.split import Split
from nas.errors import CheckpointError, ExportError, counted
from nas.export.random_inputs import random_inputs
from nas.export.source import python_source
from nas.files import scratch_folder, write_tensors, write_text
from nas.graph.ops.message_passing import MessagePassing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor, nn
    from torch.fx import GraphModule

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.graph.tensor_spec import TensorSpec

_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Files:
    """What an export leaves in its directory."""

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
    data: Dataset | None = None,
    card: Mapping[str, Any] | None = None,
) -> Files:
    """Write a trained network so that it can be used without this package.

    The written code is run on random inputs before anything in ``directory`` is replaced.

    Args:
        graph: The architecture.
        module: Its trained module, as :func:`nas.compile.to_module` makes it.
        directory: Where to write; other files in it are left alone.
        data: What it was trained on; how to prepare images and what the classes are called is
            written too.
        card: Figures by name; accuracies between 0 and 1.

    Raises:
        ExportError: The written code gives another output than the module.
    """
    with scratch_folder(directory) as scratch:
        files = Files(scratch)
        write_text(files.source, python_source(graph, data))
        write_tensors(files.weights, module.state_dict())
        write_text(files.architecture, graph.to_json())
        write_text(files.card, _card(graph, card or {}, data))
        _verify(graph, module, files)
        for file in (files.weights, files.architecture, files.card, files.source):
            file.replace(directory / file.name)
    return Files(directory)


def load_module(graph: Graph, directory: Path) -> GraphModule:
    """The module of a graph with the weights that :func:`save` wrote, in evaluation mode.

    Raises:
        CheckpointError: The weights are missing, damaged, or of another graph.
    """
    module = to_module(graph)
    weights = Files(directory).weights
    try:
        module.load_state_dict(load_file(weights))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"cannot read the weights {str(weights)!r}: {error}") from None
    except RuntimeError as error:
        raise CheckpointError(
            f"the weights {str(weights)!r} are of another architecture: {error}"
        ) from None
    return module.eval()


@torch.no_grad()
def _verify(graph: Graph, module: nn.Module, files: Files) -> None:
    written = runpy.run_path(str(files.source))["load"](files.weights)
    device = next(module.parameters()).device
    inputs = random_inputs(graph, torch.Generator().manual_seed(0))
    expected = _tuple(module.eval()(*(x.to(device) for x in inputs)))
    tolerance = _TOLERANCE if device.type == "cpu" else 1e-2
    for mine, theirs in zip(_tuple(written(*inputs)), expected, strict=True):
        difference = float((mine - theirs.cpu()).abs().max())
        if not difference <= tolerance * max(1.0, float(theirs.abs().max())):
            raise ExportError(
                f"the exported code differs from the trained network by {difference:.1e}",
                hint="Please report this with the file architecture.json.",
            )


def _tuple(outputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


_USAGE = """
`model.py` needs {packages} only:

```python
from model import load

network = load()
```
"""

_USAGE_ON_NODES = """
`model.py` needs {packages} only:

```python
from model import CLASSES, load

network = load()
scores = network(x, edge_index)  # float (N, {features}) and int64 (2, E) -> (N, {classes})
classes = scores.argmax(1)  # indices into CLASSES
```
"""

_USAGE_ON_IMAGES = """
`model.py` needs {packages} only. `preprocess` takes images in bytes 0..255, resizes
them, and normalises each channel by the `MEAN` and `STD` of the training images:

```python
from model import CLASSES, load, preprocess

network = load()
scores = network(preprocess(images))  # uint8, (B, {channels}, H, W)
classes = scores.argmax(1)  # indices into CLASSES
```
"""


def _card(graph: Graph, figures: Mapping[str, Any], data: Dataset | None) -> str:
    facts = {name.replace("_", " "): _figure(name, value) for name, value in figures.items()}
    if data is not None:
        facts["data set"] = f"{data.name}, {counted(data.task.classes, 'class')}"
    facts["input"] = ", ".join(map(_size, graph.inputs))
    listed = (f"- {name}: {fact}" for name, fact in facts.items())
    return "\n".join(["# Network", "", *listed, _usage(graph, data)])


def _usage(graph: Graph, data: Dataset | None) -> str:
    """How the written files are used."""
    geometric = any(isinstance(node.op, MessagePassing) for node in graph.nodes)
    needed = "torch, torch-geometric and safetensors" if geometric else "torch and safetensors"
    if data is None:
        return _USAGE.format(packages=needed)
    form = _USAGE_ON_IMAGES if isinstance(data.train, Split) else _USAGE_ON_NODES
    return form.format(packages=needed, **asdict(data.task))


def _size(spec: TensorSpec) -> str:
    """``3 x 32 x 32`` of each sample; of a data graph, the edges it has."""
    if spec.is_edge_index:
        return "edges 2 x E"
    return " x ".join(map(str, spec.shape[1:])) or "1"


def _figure(name: str, value: Any) -> str:
    match value:
        case float() if name.endswith("accuracy"):
            return f"{value:.2%}"
        case float():
            return f"{value:.1f}"
        case int():
            return f"{value:,}"
    return str(value)
