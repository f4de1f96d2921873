"""Conformance tests of hypernetworks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.testing import assert_close

from nas.graph.graph import Graph
from nas.graph.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from nas.predictor.weight_predictor import WeightPredictor

_TOLERANCE = 1e-5


class WeightPredictorConformance(ABC):
    """Inherit it in a pytest class and list hypernetworks, and architectures they predict for.

    Example:
        >>> class TestMine(WeightPredictorConformance):
        ...     @staticmethod
        ...     def predictors():
        ...         return [MyHyperNetwork(hidden=8)]
        ...
        ...     @staticmethod
        ...     def graphs():
        ...         rng = np.random.default_rng(0)
        ...         return [sample(my_space, rng).graph for _ in range(4)]
    """

    @staticmethod
    @abstractmethod
    def predictors() -> list[WeightPredictor]:
        """The hypernetworks under test, on the CPU, trained or not."""

    @staticmethod
    @abstractmethod
    def graphs() -> list[Graph]:
        """Architectures that they predict for, all different."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test for each hypernetwork."""
        names = [predictor.card.name for predictor in self.predictors()]
        metafunc.parametrize("predictor", self.predictors(), ids=names)

    def test_predicts_exactly_the_parameters_of_each_graph(
        self, predictor: WeightPredictor
    ) -> None:
        graphs = self.graphs()
        predicted = predictor.predict(graphs)
        assert len(predicted) == len(graphs)
        for graph, params in zip(graphs, predicted, strict=True):
            expected = [(name, spec.shape) for name, spec in graph.parameters().items()]
            assert [(name, tuple(tensor.shape)) for name, tensor in params.items()] == expected

    def test_predicts_finite_floats(self, predictor: WeightPredictor) -> None:
        for params in predictor.predict(self.graphs()):
            for name, tensor in params.items():
                assert tensor.dtype is torch.float32, name
                assert bool(tensor.isfinite().all()), name

    def test_every_parameter_is_differentiable_to_the_hypernetwork(
        self, predictor: WeightPredictor
    ) -> None:
        graphs = self.graphs()
        own = _module(predictor)
        for params in predictor.predict(graphs[:1]):
            for name, tensor in params.items():
                own.zero_grad()
                _random_projection(tensor).backward(retain_graph=True)
                grads = [p.grad for p in own.parameters() if p.grad is not None]
                assert all(bool(grad.isfinite().all()) for grad in grads), name
                assert any(bool(grad.any()) for grad in grads), name

    def test_other_graphs_of_the_batch_change_nothing(self, predictor: WeightPredictor) -> None:
        graphs = self.graphs()
        with torch.no_grad():
            together = predictor.predict(graphs)
            backwards = predictor.predict(graphs[::-1])[::-1]
            alone = [predictor.predict([graph])[0] for graph in graphs]
        for one, other, single in zip(together, backwards, alone, strict=True):
            _assert_same(one, other)
            _assert_same(one, single)

    def test_names_and_order_of_nodes_change_nothing(self, predictor: WeightPredictor) -> None:
        for graph in self.graphs():
            twin, new_names = _isomorphic(graph)
            assert twin.hash() == graph.hash()
            with torch.no_grad():
                (expected,), (found,) = predictor.predict([graph]), predictor.predict([twin])
            _assert_same({new_names(name): tensor for name, tensor in expected.items()}, found)

    def test_embeds_each_graph_as_one_finite_vector(self, predictor: WeightPredictor) -> None:
        graphs = self.graphs()
        vectors = predictor.embed(graphs)
        assert vectors.dim() == 2
        assert len(vectors) == len(graphs)
        assert bool(vectors.isfinite().all())

    def test_embeds_different_graphs_differently(self, predictor: WeightPredictor) -> None:
        graphs = self.graphs()
        with torch.no_grad():
            vectors = predictor.embed(graphs)
        distances = torch.cdist(vectors, vectors) + torch.eye(len(graphs))
        assert bool((distances > _TOLERANCE).all())

    def test_embeds_isomorphic_graphs_equally(self, predictor: WeightPredictor) -> None:
        graphs = self.graphs()
        twins = [_isomorphic(graph)[0] for graph in graphs]
        plain = [graph.simplified for graph in graphs]
        with torch.no_grad():
            expected = predictor.embed(graphs)
            for same in (twins, plain):
                assert_close(predictor.embed(same), expected, rtol=_TOLERANCE, atol=_TOLERANCE)

    def test_nothing_in_nothing_out(self, predictor: WeightPredictor) -> None:
        assert predictor.predict([]) == []
        assert len(predictor.embed([])) == 0

    def test_predicting_changes_no_state(self, predictor: WeightPredictor) -> None:
        graphs = self.graphs()
        own = _module(predictor)
        random, card = torch.get_rng_state(), predictor.card
        state = {name: tensor.clone() for name, tensor in own.state_dict().items()}
        with torch.no_grad():
            first = predictor.predict(graphs)
            predictor.embed(graphs)
            second = predictor.predict(graphs)
        for one, other in zip(first, second, strict=True):
            assert all(torch.equal(one[name], other[name]) for name in one)
        assert all(torch.equal(state[name], t) for name, t in own.state_dict().items())
        assert torch.equal(torch.get_rng_state(), random)
        assert predictor.card == card


def _module(predictor: WeightPredictor) -> nn.Module:
    assert isinstance(predictor, nn.Module), "a hypernetwork that learns is a torch module"
    return predictor


def _random_projection(tensor: Tensor) -> Tensor:
    """A sum in which no two entries can cancel out by symmetry."""
    generator = torch.Generator().manual_seed(0)
    return (tensor * torch.randn(tensor.shape, generator=generator)).sum()


def _assert_same(expected: dict[str, Tensor], found: dict[str, Tensor]) -> None:
    assert expected.keys() == found.keys()
    for name in expected:
        assert_close(found[name], expected[name], rtol=_TOLERANCE, atol=_TOLERANCE, msg=name)


def _isomorphic(graph: Graph) -> tuple[Graph, Callable[[str], str]]:
    """The same network: nodes renamed and in another order, commutative inputs reversed.

    Returns:
        The graph, and the new names of its parameters.
    """
    new = {spec.name: spec.name for spec in graph.inputs}
    new |= {node.name: f"n{index}" for index, node in enumerate(graph.nodes)}
    nodes = tuple(
        Node(new[node.name], node.op, tuple(new[name] for name in _reversed_inputs(node)))
        for node in _depth_first(graph)
    )
    twin = Graph(graph.inputs, nodes, tuple(new[name] for name in graph.outputs))

    def rename(parameter: str) -> str:
        node, _, own = parameter.rpartition(".")
        return f"{new[node]}.{own}"

    return twin, rename


def _reversed_inputs(node: Node) -> tuple[str, ...]:
    return node.inputs[::-1] if node.op.commutative else node.inputs


def _depth_first(graph: Graph) -> list[Node]:
    """Nodes in topological order, by a walk from the last node through its last inputs first."""
    by_name = {node.name: node for node in graph.nodes}
    placed: dict[str, Node] = {}
    for start in reversed(graph.nodes):
        waiting = [start]
        while waiting:
            node = waiting[-1]
            missing = [
                by_name[name] for name in node.inputs if name in by_name and name not in placed
            ]
            if missing:
                waiting.append(missing[-1])
            else:
                placed[node.name] = waiting.pop()
    return list(placed.values())
