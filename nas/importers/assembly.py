"""A recorded run as a graph."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import reduce
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from nas.errors import GraphError, ImportingError, ShapeError
from nas.graph.faults import check_parts
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops.call import Call
from nas.graph.ops.function_kind import MULTIPLYING, short_name
from nas.graph.ops.layer import Layer
from nas.graph.ops.linear import Linear
from nas.graph.ops.merge import Add
from nas.graph.ops.parameter import Constant, Parameter
from nas.graph.ops.recorded_call import RecordedCall
from nas.graph.tensor_spec import TensorSpec
from nas.importers.expression import expression_of
from nas.importers.imported import Coverage, Imported
from nas.importers.inside import features_inside
from nas.importers.messages.geometric_layer import features_of, gin_on, operation_of
from nas.importers.messages.message_passing import without_perceptron
from nas.importers.naming import Namer
from nas.importers.readers import readers_of
from nas.importers.role import role_of
from nas.importers.step import BATCH, Step, Value, is_continuous
from nas.importers.trace import Located, Trace
from nas.importers.typed import Match, match
from nas.importers.whole import on_tensors, reads_of
from nas.modules.geometric import is_message_passing
from nas.modules.state import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nas.graph.op import Op


def assemble(trace: Trace, model: nn.Module) -> Imported:
    """The graph of a recorded run.

    Raises:
        Located: A recorded function cannot be written as an operation.
        ImportingError: The graph is faulty.
    """
    return Assembly(trace, model).imported()


class Assembly:
    """The graph of a recorded run under construction."""

    def __init__(self, trace: Trace, model: nn.Module) -> None:
        self._trace = trace
        self._model = model
        self._parameters = trace.parameters
        self._live = _reaching(trace)
        self._readers = readers_of(self._live, trace.outputs)
        self._namer = Namer(self._parameters)
        self._nodes: dict[str, Node] = {}
        self._terms: dict[str, tuple[Value, ...]] = {}
        self._names: dict[Value, str] = {}
        self._own: dict[str, str] = {}
        self._state: dict[str, Tensor] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._whole: list[nn.Module] = []
        self._unseen: list[nn.Module] = []
        self.unsure = set[Any]()
        """Modules in which shapes depend on tensor values."""
        single = len(trace.inputs) == 1
        self._inputs = tuple(
            TensorSpec(
                self._shape(value.tensor),
                str(value.tensor.dtype).removeprefix("torch."),
                "x" if single else f"x{value.input}",
            )
            for value in trace.inputs
        )
        for value, spec in zip(trace.inputs, self._inputs, strict=True):
            self._names[value] = spec.name

    def imported(self) -> Imported:
        """Build the graph and check it against the recorded shapes."""
        for step in self._live:
            try:
                self._add(step)
            except ImportingError as error:
                raise Located(step.place, error) from error
        outputs = tuple(self._name(value) for value in self._trace.outputs)
        self._mark_heads(outputs)
        nodes = tuple(self._nodes.values())
        try:
            check_parts(self._inputs, nodes, outputs)
            graph = Graph(self._inputs, nodes, outputs)
            shapes = graph.shapes
        except (GraphError, ShapeError) as error:
            raise ImportingError(f"the recorded graph is faulty: {error}") from error
        for name, shape in self._shapes.items():
            if shapes[name] != shape:
                raise ImportingError(f"{name!r} does not follow the batch size")
        return Imported(graph, self._own, self._coverage(graph), self._state, self._batch)

    @property
    def _batch(self) -> int | None:
        return None if self._trace.free else int(self._trace.inputs[0].tensor.shape[0])

    def _shape(self, tensor: Tensor) -> tuple[int, ...]:
        """The shape of a tensor for one sample."""
        shape = tuple(tensor.shape)
        if self._trace.free:
            return tuple(n // BATCH if n and n % BATCH == 0 else n for n in shape)
        return shape

    def _add(self, step: Step) -> None:
        """Add a node for each result of a recorded call that is read."""
        if isinstance(step.function, nn.Module):
            self._add_layer(step, step.function)
            return
        found = match(step)
        if found is not None and self._is_sole_reader(found) and self._fits(step, found):
            self._add_typed(step, found)
            return
        for value in self._readers.results(step):
            text, reads, dtypes = expression_of(value, self._trace)
            call = Call(expression=text, dtypes=dtypes)
            name = self._namer.plain(short_name(call.function))
            op: Op = call
            if not self._gives(call, reads, value):
                op = RecordedCall(expression=text, shape=self._shape(value.tensor), dtypes=dtypes)
                self.unsure.add(step.place)
            elif call.features().kind in MULTIPLYING:
                op = replace(call, rows=self._rows(reads[0]))
            self._append(value, op, reads, name)

    def _fits(self, step: Step, found: Match) -> bool:
        """Whether the shape rule of an operation gives the recorded shape."""
        (value,) = self._readers.results(step)
        return self._gives(found.op, found.inputs, value)

    def _gives(self, op: Op, reads: Iterable[Value], value: Value) -> bool:
        """Whether a shape rule gives the recorded shape, which may depend on tensor values.

        With a free batch size, :meth:`imported` checks the whole graph instead.
        """
        if self._trace.free:
            return True
        shapes = [tuple(read.tensor.shape) for read in reads]
        with suppress(GraphError, ShapeError, NotImplementedError):
            return op.infer_shape(*shapes) == tuple(value.tensor.shape)
        return False

    def _rows(self, value: Value) -> int:
        """The first dimension of a value for one sample."""
        rows = (*self._shape(value.tensor), 1)[0]
        follows = value.step is not None or value.input is not None
        if self._batch and follows and rows % self._batch == 0:
            rows //= self._batch
        return max(1, rows)

    def _add_typed(self, step: Step, found: Match) -> None:
        (value,) = self._readers.results(step)
        parameters = [part.parameter for part in found.own.values() if part.parameter]
        name = (
            self._namer.owner(parameters[0])
            if parameters
            else self._namer.plain(found.op.features().kind)
        )
        if isinstance(found.op, Linear):
            found = self._joined(found, name)
        inputs = found.inputs
        if isinstance(found.op, Add):
            inputs = self._terms[name] = self._summed(found)
        self._append(value, found.op, inputs, name)
        for own, part in found.own.items():
            self._keep(f"{name}.{own}", part)

    def _summed(self, sum_: Match) -> tuple[Value, ...]:
        """The inputs of a sum; another sum that only this one reads is merged into it."""
        first, *rest = sum_.inputs
        name = self._names.get(first, "")
        alone = self._readers.count[first] == 1 and first not in self._trace.outputs
        terms = self._terms.pop(name) if alone and name in self._terms else None
        if terms is None:
            return sum_.inputs
        del self._nodes[name], self._shapes[name]
        return *terms, *rest

    def _joined(self, linear: Match, name: str) -> Match:
        """A linear layer, or the GIN layer of it and a sum over neighbours that only it reads."""
        (value,) = linear.inputs
        aggregation = self._names.get(value, "")
        alone = self._readers.count[value] == 1 and value not in self._trace.outputs
        if not alone or value.step is None or aggregation not in self._nodes:
            return linear
        op = gin_on(self._nodes[aggregation].op, linear.op)
        if op is None:
            return linear
        del self._nodes[aggregation], self._shapes[aggregation]
        self._own[f"{name}.eps"] = self._own.pop(f"{aggregation}.eps")
        self._state[f"{name}.eps"] = self._state.pop(f"{aggregation}.eps")
        own = {f"nn.{part}": parameter for part, parameter in linear.own.items()}
        return Match(op, value.step.args, own)

    def _add_layer(self, step: Step, module: nn.Module) -> None:
        """Add a leaf module, which runs unchanged."""
        results, reads = self._readers.results(step), reads_of(step)
        path = next(name for name, part in self._model.named_modules() if part is module)
        geometric, opaque = is_message_passing(module), not is_plain(module)
        name = self._namer.module(path or type(module).__name__.lower())
        module = without_perceptron(module)
        layer = on_tensors(module, step, results)
        plain = geometric and layer is module and len(reads) == 2
        typed = operation_of(module) if plain else None
        seen = features_of(module) if geometric or opaque else features_inside(module)
        self._whole.append(module)
        if not geometric and not opaque:
            self._unseen.append(module)
        prefix = f"{path}." if path else ""
        taken = () if opaque else {*self._own.values()}
        for own, tensor in chain(module.named_parameters(), module.named_buffers()):
            if f"{prefix}{own}" in taken:
                raise ImportingError(f"{type(module).__name__} shares {own!r} with others")
            self._own[f"{name}.{own}"] = f"{prefix}{own}"
            self._state[f"{name}.{own}"] = tensor.detach()
        if len(results) == 1:
            shape = self._shape(results[0].tensor)
            op = typed or Layer(layer=layer, shape=shape, opaque=opaque, seen=seen)
            self._append(results[0], op, reads, name)
            return
        if self._trace.free:
            raise ImportingError(f"{type(module).__name__} gives several tensors")
        total = sum(value.tensor.numel() for value in results)
        op = Layer(layer=layer, shape=(total,), opaque=opaque, seen=seen)
        self._nodes[name] = Node(name, op, tuple(map(self._name, reads)))
        self._part(name, results)

    def _part(self, flat: str, values: list[Value]) -> None:
        """Add nodes that split the concatenated results of a module."""
        start, dtype = 0, reduce(torch.promote_types, [value.tensor.dtype for value in values])
        dtypes = () if dtype is torch.float32 else (str(dtype).removeprefix("torch."),)
        for value in values:
            size, shape = value.tensor.numel(), tuple(value.tensor.shape)
            texts = [f"torch.narrow(x0, 0, {start}, {size})", f"x0.reshape({shape})"]
            texts += [f"x0.to({value.tensor.dtype})"] if value.tensor.dtype is not dtype else []
            start, last = start + size, flat
            for text in texts:
                call = Call(expression=text, dtypes=dtypes)
                name = self._namer.plain(f"{flat}_{short_name(call.function)}")
                self._nodes[name] = Node(name, call, (last,))
                last = name
            self._names[value] = last
            self._shapes[last] = shape

    def _is_sole_reader(self, found: Match) -> bool:
        """Whether an operation alone reads its tensors: real parameters or running statistics."""
        for name, value in found.own.items():
            if value.parameter is not None:
                if self._readers.count[value] > 1 or value.tensor.is_complex():
                    return False
            elif value.fixed is None or not name.startswith("running_"):
                return False
        return True

    def _append(self, value: Value, op: Op, reads: Iterable[Value], name: str) -> None:
        inputs = tuple(self._name(read) for read in reads)
        self._nodes[name] = Node(name, op, inputs)
        self._names[value] = name
        self._shapes[name] = self._shape(value.tensor)

    def _name(self, value: Value) -> str:
        """Name of the node that computes a value; a parameter or constant becomes a node here."""
        if value in self._names:
            return self._names[value]
        shape = tuple(value.tensor.shape)
        if value.parameter is not None and value.tensor.is_complex():
            return self._complex(value, shape)
        if value.parameter is not None:
            name = self._namer.tensor(value.parameter)
            op: Op = Parameter(shape=shape, role=role_of(value, self._readers))
        elif value.fixed is not None:
            name = self._namer.plain(value.buffer or "constant")
            op = Constant(shape=shape, dtype=str(value.fixed.dtype).removeprefix("torch."))
        else:
            raise ImportingError("a call reads a tensor that no recorded call computed")
        self._nodes[name] = Node(name, op, ())
        self._names[value] = name
        self._keep(f"{name}.value", value)
        return name

    def _complex(self, value: Value, shape: tuple[int, ...]) -> str:
        """Name of the node that combines the two real parts of a complex parameter."""
        parts = self._namer.tensor(str(value.parameter))
        dtype = self._parameters[str(value.parameter)].real.dtype
        op = Parameter(shape=(*shape, 2), role=role_of(value, self._readers))
        self._nodes[parts] = Node(parts, op, ())
        self._keep(f"{parts}.value", value)
        name = self._namer.plain(f"{parts}_complex")
        dtypes = () if dtype is torch.float32 else (str(dtype).removeprefix("torch."),)
        call = Call(expression="torch.view_as_complex(x0)", dtypes=dtypes)
        self._nodes[name] = Node(name, call, (parts,))
        self._names[value] = name
        return name

    def _keep(self, name: str, value: Value) -> None:
        """Store the tensor of a parameter or buffer of the graph."""
        own = value.parameter or value.buffer
        if own is not None:
            self._own[name] = own
        tensor = value.fixed if value.fixed is not None else self._parameters[str(own)]
        complex_ = value.parameter is not None and tensor.is_complex()
        self._state[name] = torch.view_as_real(tensor.detach()) if complex_ else tensor.detach()

    def _mark_heads(self, outputs: tuple[str, ...]) -> None:
        """Linear layers that give class scores are heads."""
        for name in outputs:
            while name in self._nodes:
                node = self._nodes[name]
                if isinstance(node.op, Linear) and len(self._shapes[name]) == 2:
                    self._nodes[name] = replace(node, op=replace(node.op, head=True))
                if node.op.features().kind not in ("softmax", "dropout", "sigmoid"):
                    break
                name = node.inputs[0]

    def _coverage(self, graph: Graph) -> Coverage:
        sizes = {name: parameter.numel() for name, parameter in self._parameters.items()}
        of = {id(parameter): name for name, parameter in self._parameters.items()}
        predicted = {self._own[name]: sizes.pop(self._own[name]) for name in graph.parameters()}
        inside = {of[id(p)] for module in self._unseen for p in module.parameters()}
        whole = {name: size for name, size in predicted.items() if name in inside}
        inside = {of[id(p)] for module in self._whole for p in module.parameters()}
        numbers = [name for name in sizes if not is_continuous(self._parameters[name])]
        kept = {name: sizes.pop(name) for name in numbers}
        opaque = {name: sizes.pop(name) for name in sorted(inside & sizes.keys())}
        return Coverage(predicted, opaque, sizes, kept, whole)


def _reaching(trace: Trace) -> list[Step]:
    """The steps that the outputs depend on, in order."""
    needed = {value.step for value in trace.outputs}
    live = []
    for step in reversed(trace.steps):
        if step in needed:
            live.append(step)
            needed.update(value.step for value in step.reads)
    return live[::-1]
