"""The card of an exported network: figures and usage for people to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas.errors import counted
from nas.exporting.source import usage
from nas.graph.ops.messages.message_passing import MessagePassing
from nas.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nas.exporting.exportable import Exportable
    from nas.graph.graph import Graph
    from nas.graph.tensor_spec import TensorSpec
    from nas.task.kind import TaskKind

_PLAIN = """`model.py` needs {packages} only{preparation}:

```python
{usage}
```
"""

_PREPARATION = """. `preprocess` takes images in bytes 0..255, resizes
them, and normalises each channel by the `MEAN` and `STD` of the training images"""


def card(network: Exportable, sections: Iterable[str]) -> str:
    """The card in Markdown: the figures, then a section for each file."""
    about = network.about
    kind = (Task(classes=1) if about is None else about.task).traits
    facts = {
        name.replace("_", " ").replace("accuracy", kind.metric): _figure(name, value, kind)
        for name, value in network.figures.items()
    }
    if about is not None:
        facts["data set"] = f"{about.dataset}, {counted(about.task.classes, kind.output)}"
    facts["input"] = ", ".join(map(_size, network.graph.inputs))
    listed = (f"- {name}: {' '.join(fact.split())}" for name, fact in facts.items())
    return "\n".join(["# Network", "", *listed, "", *sections])


def plain_section(network: Exportable) -> str:
    """How to use the written code."""
    geometric = uses_geometric(network.graph)
    needed = "torch, torch-geometric and safetensors" if geometric else "torch and safetensors"
    images = network.about is not None and network.about.mean is not None
    return _PLAIN.format(
        packages=needed,
        preparation=_PREPARATION if images else "",
        usage=usage(network.about),
    )


def uses_geometric(graph: Graph) -> bool:
    """Whether the written code uses layers of torch-geometric."""
    return any(isinstance(node.op, MessagePassing) for node in graph.nodes)


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
