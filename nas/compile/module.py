"""A graph as a torch module with readable code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import fx, nn

from nas.graph.graph import check_is_graph
from nas.graph.ops.dropout import SparseDropout

if TYPE_CHECKING:
    from nas.graph.graph import Graph


_LABELS = {"self": "self_"}
"""Name of a node's value where the node's own name has another meaning in the code."""


class _NamingTracer(fx.proxy.GraphAppendingTracer):
    """Records torch calls under the name of the graph node they come from."""

    def __init__(self, program: fx.Graph) -> None:
        super().__init__(program)
        self.label = ""

    def create_node(
        self,
        kind: str,
        target: Any,
        args: Any,
        kwargs: Any,
        name: str | None = None,
        type_expr: Any = None,
    ) -> fx.Node:
        return super().create_node(kind, target, args, kwargs, self.label, type_expr)


def to_module(graph: Graph) -> fx.GraphModule:
    """A module freshly initialised by torch's defaults, parameters named like the graph's nodes.

    Nodes with state become submodules, the others torch calls; ``module.code`` reads like a
    handwritten ``forward``, and the state consists of ``graph.parameters()`` and the running
    statistics of batch norms.

    Raises:
        GraphError: It is no graph.

    Example:
        >>> from nas.graph import GraphBuilder
        >>> b = GraphBuilder()
        >>> x = b.input((1, 3, 8, 8))
        >>> module = to_module(b.build(b.relu(b.conv2d(x, 4, name="stem"))))
        >>> list(module.state_dict())
        ['stem.weight']
    """
    check_is_graph(graph)
    root = nn.Module()
    program = fx.Graph()
    tracer = _NamingTracer(program)
    values = {spec.name: _placeholder(program, spec.name) for spec in graph.inputs}
    for node in graph.nodes:
        inputs = [values[name] for name in node.inputs]
        submodule = node.op.module(*graph.input_shapes(node))
        tracer.label = _LABELS.get(node.name, node.name.replace(".", "_"))
        if submodule is None:
            proxy: Any = node.op.forward({}, *(fx.Proxy(x, tracer) for x in inputs))  # type: ignore[arg-type]
            values[node.name] = proxy.node
        else:
            if isinstance(submodule, SparseDropout):
                submodule.sparse = _is_read_sparse(graph, node.name)
            _attach(root, node.name, submodule)
            values[node.name] = program.create_node(
                "call_module", node.name, tuple(inputs), name=tracer.label
            )
    outputs = tuple(values[name] for name in graph.outputs)
    program.output(outputs[0] if len(outputs) == 1 else outputs)
    return fx.GraphModule(root, program, class_name="Network")


def _placeholder(program: fx.Graph, name: str) -> fx.Node:
    """The node of an input, renamed where the code uses its name for another value."""
    node = program.create_node("placeholder", name, name=name)
    node.target = node.name
    return node


def _is_read_sparse(graph: Graph, name: str) -> bool:
    """Whether all readers of a value accept it as a sparse matrix."""
    readers = set(graph.consumers[name])
    return name not in graph.outputs and all(
        node.op.reads_sparse for node in graph.nodes if node.name in readers
    )


def _attach(root: nn.Module, name: str, submodule: nn.Module) -> None:
    *scopes, leaf = name.split(".")
    for scope in scopes:
        if not hasattr(root, scope):
            root.add_module(scope, nn.Module())
        root = root.get_submodule(scope)
    root.add_module(leaf, submodule)
