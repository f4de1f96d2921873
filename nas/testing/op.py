"""Conformance tests of operations."""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import fx

from nas.compile.module import to_module
from nas.errors import GraphError, ShapeError
from nas.graph.check import check
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.op import OPS, Op, OpFeatures, Role
from nas.graph.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from nas.graph.tensor_spec import Shape

_BATCH = 3

EDGES: Shape = (2, 1)
"""The shape of an input that holds the edges of a data graph; in a batch there are several for
each node."""

_EDGES_PER_NODE = 3


@dataclass(frozen=True)
class OpCase:
    """An operation with its inputs, and facts about it from other sources.

    Attributes:
        op: The operation.
        inputs: Shapes of its inputs, the batch dimension being 1.
        macs: Multiply-accumulates for one sample, counted by hand.
        ids: For each input the number of ids that its whole numbers range over, 0 where it holds
            real numbers; all are real if it is empty.
        idle: Names of parameters without effect.
    """

    op: Op
    inputs: tuple[Shape, ...]
    macs: int = 0
    ids: tuple[int, ...] = ()
    idle: tuple[str, ...] = ()

    @property
    def connects(self) -> bool:
        """Whether it reads the edges of a data graph, so that samples depend on each other."""
        return EDGES in self.inputs

    @property
    def graph(self) -> Graph:
        """The operation alone between graph inputs and the output.

        If the operation reads no input, the graph still has one, for the batch size.
        """
        specs = tuple(
            TensorSpec(shape, "int64" if ids or shape == EDGES else "float32", f"input{index}")
            for index, (shape, ids) in enumerate(self._reads())
        )
        node = Node("node", self.op, tuple(spec.name for spec in specs))
        return Graph(specs or (TensorSpec((1, 1)),), (node,), ("node",))

    def tensors(self, batch: int) -> list[Tensor]:
        """Random inputs of a batch size."""
        source = torch.Generator().manual_seed(batch)
        return [_random(shape, ids, batch, source) for shape, ids in self._reads()]

    def batched(self, shape: Shape, batch: int) -> Shape:
        """A shape for one sample at a batch size; without inputs there is no batch."""
        if shape == EDGES:
            return 2, _EDGES_PER_NODE * batch
        return (batch, *shape[1:]) if self.inputs else shape

    def parameters(self) -> dict[str, Tensor]:
        """Random parameters by the operation's own names."""
        source = torch.Generator().manual_seed(0)
        specs = self.op.parameters(*self.inputs)
        return {name: torch.randn(s.shape, generator=source) for name, s in specs.items()}

    def state(self) -> dict[str, Tensor]:
        """Random parameters, and the buffers of a fresh module."""
        module = self.op.module(*self.inputs)
        return self.parameters() | ({} if module is None else dict(module.named_buffers()))

    def reversed(self) -> OpCase:
        """The case with its inputs in the opposite order."""
        return replace(self, inputs=self.inputs[::-1], ids=self.ids[::-1])

    def _reads(self) -> Iterator[tuple[Shape, int]]:
        return zip(self.inputs, self.ids or (0,) * len(self.inputs), strict=True)

    def __str__(self) -> str:
        return "-".join([self.op.kind, *("x".join(map(str, shape)) for shape in self.inputs)])


class OpConformance(ABC):
    """Inherit it in a pytest class and list the cases of your operations.

    Example:
        >>> from nas.graph.ops import Linear
        >>> class TestLinear(OpConformance):
        ...     @staticmethod
        ...     def cases():
        ...         return [OpCase(Linear(out_features=10), ((1, 64),), macs=640)]
    """

    @staticmethod
    @abstractmethod
    def cases() -> list[OpCase]:
        """The operations under test with valid inputs."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test for each case."""
        metafunc.parametrize("case", self.cases(), ids=str)

    def test_is_registered_under_its_kind(self, case: OpCase) -> None:
        assert OPS.get(case.op.kind) is type(case.op)

    def test_says_what_it_is(self, case: OpCase) -> None:
        doc = type(case.op).__dict__.get("__doc__") or ""
        assert doc.strip()
        assert not doc.startswith(f"{type(case.op).__name__}("), "dataclass's own signature"

    def test_is_a_frozen_hashable_value(self, case: OpCase) -> None:
        attributes = {field.name: getattr(case.op, field.name) for field in _fields(case.op)}
        twin = type(case.op)(**attributes)
        assert twin is not case.op
        assert twin == case.op
        assert hash(twin) == hash(case.op)
        for name, value in attributes.items():
            with pytest.raises(FrozenInstanceError):
                setattr(case.op, name, value)

    def test_attributes_are_named_when_it_is_made(self, case: OpCase) -> None:
        parameters = inspect.signature(type(case.op)).parameters.values()
        assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters)

    def test_json_returns_it(self, case: OpCase) -> None:
        graph = Graph.from_json(case.graph.to_json())
        assert graph == case.graph
        assert repr(graph) == repr(case.graph)  # 1 == 1.0 == True, but they print differently

    def test_shape_is_the_one_the_forward_pass_gives(self, case: OpCase) -> None:
        shape_of_one = case.op.infer_shape(*case.inputs)
        for batch in (1, _BATCH):
            shape = case.op.infer_shape(*(case.batched(s, batch) for s in case.inputs))
            assert shape == case.batched(shape_of_one, batch)
            result = case.op.forward(case.state(), *case.tensors(batch))
            assert tuple(result.shape) == shape

    def test_shape_is_the_one_its_module_gives(self, case: OpCase) -> None:
        result = to_module(case.graph).eval()(*_fed(case))
        assert tuple(result.shape) == case.batched(case.graph.shapes["node"], _BATCH)

    def test_parameters_are_those_of_its_module(self, case: OpCase) -> None:
        module = case.op.module(*case.inputs)
        real = {} if module is None else dict(module.named_parameters())
        specs = case.op.parameters(*case.inputs)
        assert {name: spec.shape for name, spec in specs.items()} == {
            name: tuple(parameter.shape) for name, parameter in real.items()
        }
        assert all(isinstance(spec.role, Role) for spec in specs.values())

    def test_forward_and_module_compute_the_same(self, case: OpCase) -> None:
        network = to_module(case.graph).eval()
        parameters = case.parameters()
        named = {f"node.{name}": value for name, value in parameters.items()}
        network.load_state_dict(named, strict=False)
        buffers = {name.rpartition(".")[2]: b for name, b in network.named_buffers()}
        with torch.no_grad():
            expected = network(*_fed(case))
            actual = case.op.forward({**parameters, **buffers}, *case.tensors(_BATCH))
        torch.testing.assert_close(actual, expected)

    def test_parameters_receive_gradients(self, case: OpCase) -> None:
        parameters = {name: p.requires_grad_() for name, p in case.parameters().items()}
        if parameters:
            case.op.forward(parameters, *case.tensors(_BATCH)).square().sum().backward()
        for name, parameter in parameters.items():
            if name in case.idle:
                assert parameter.grad is None, name
                continue
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.any(), name

    def test_samples_do_not_change_each_other(self, case: OpCase) -> None:
        if not case.inputs or case.connects:
            return
        network = to_module(case.graph).eval()
        inputs = case.tensors(_BATCH)
        with torch.no_grad():
            together = network(*inputs)
            alone = torch.cat([network(*(x[i : i + 1] for x in inputs)) for i in range(_BATCH)])
        torch.testing.assert_close(together, alone)

    def test_nodes_have_no_order_and_hear_their_own_graph_alone(self, case: OpCase) -> None:
        if not case.connects:
            return
        network = to_module(case.graph).eval()
        x, edges = case.tensors(_BATCH)
        order = torch.arange(_BATCH).flip(0)
        with torch.no_grad():
            expected = network(x, edges)
            renumbered = network(x[order], order[edges])[order]
            beside = network(torch.cat([x, x + 1]), torch.cat([edges, edges + _BATCH], 1))
        torch.testing.assert_close(renumbered, expected)
        torch.testing.assert_close(beside[:_BATCH], expected)

    def test_order_of_inputs_matters_unless_commutative(self, case: OpCase) -> None:
        if len(case.inputs) < 2:
            return
        inputs, swapped = case.tensors(_BATCH), case.reversed()
        forth = case.op.forward(case.parameters(), *inputs)
        try:
            swapped.op.infer_shape(*swapped.inputs)
        except ShapeError:
            assert not case.op.commutative
            return
        back = case.op.forward(swapped.parameters(), *reversed(inputs))
        equal = forth.shape == back.shape and torch.allclose(forth, back, rtol=1e-4, atol=1e-6)
        assert equal == case.op.commutative

    def test_arity_is_the_number_of_inputs(self, case: OpCase) -> None:
        assert case.op.arity in (None, len(case.inputs))
        check(case.graph)

    def test_another_number_of_inputs_is_refused(self, case: OpCase) -> None:
        if case.op.arity is None:
            return
        (node,) = case.graph.nodes
        wider = Node("node", case.op, (*node.inputs, case.graph.inputs[0].name))
        with pytest.raises(GraphError, match=r"'node' .* inputs, got"):
            check(Graph(case.graph.inputs, (wider,), ("node",)))

    def test_macs_are_those_counted_by_hand(self, case: OpCase) -> None:
        assert case.op.macs(*case.inputs) == case.macs

    def test_costs_nothing_to_size(self, case: OpCase) -> None:
        """Shapes, parameters and cost of a petabyte are arithmetic, not tensors."""
        huge = tuple(case.batched(shape, 2**40) for shape in case.inputs)
        shape = case.op.infer_shape(*huge)
        assert math.prod(shape) >= 2**40 or not case.inputs
        assert case.op.parameters(*huge) == case.op.parameters(*case.inputs)
        assert case.op.macs(*huge) == case.macs

    def test_features_can_be_read(self, case: OpCase) -> None:
        features = case.op.features()
        assert isinstance(features, OpFeatures)
        assert features.kind
        assert len(features.kernel) == 2
        sizes = (features.stride, features.dilation, features.groups)
        assert min(features.kernel) >= 0
        assert min(sizes) >= 1
        assert hash(features) == hash(case.op.features())

    def test_compiles_to_code_that_names_it(self, case: OpCase) -> None:
        network = to_module(case.graph)
        assert isinstance(network, fx.GraphModule)
        network.graph.lint()
        if case.op.module(*case.inputs) is not None:
            assert "self.node(" in network.code


def _random(shape: Shape, ids: int, batch: int, source: torch.Generator) -> Tensor:
    if shape == EDGES:
        return torch.randint(batch, (2, _EDGES_PER_NODE * batch), generator=source)
    if ids:
        return torch.randint(ids, (batch, *shape[1:]), generator=source)
    return torch.randn(batch, *shape[1:], generator=source)


def _fed(case: OpCase) -> list[Tensor]:
    """Random inputs of the case's graph."""
    return case.tensors(_BATCH) or [torch.zeros(_BATCH, 1)]


def _fields(op: Op) -> Any:
    return fields(op)  # type: ignore[arg-type]
