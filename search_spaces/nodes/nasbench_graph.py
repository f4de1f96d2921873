"""NAS-Bench-Graph: four message-passing layers on one of nine trees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import EncodingError
from nas.graph.builder import GraphBuilder
from nas.graph.ops.linear import Linear
from nas.graph.ops.shape import Zero
from nas.space.search_space import SearchSpace
from search_spaces.macro import MacroSizes, check_minimum, check_node_space, check_rate
from search_spaces.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.search_space import Params
    from nas.space.trial import Trial
    from nas.task.task import Task

Numbers = tuple[int, ...]

OPERATIONS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
"""Operations in the order of their digits."""

LINKS = ("0000", "0001", "0011", "0012", "0013", "0111", "0112", "0122", "0123")
"""Input of each of four nodes: 0 the input, 1 the first node; in the order of their digits."""

NODES = 4
GAT_HEADS = 2
_INPUT = "x"
_SKIP = OPERATIONS.index("skip")
_LINKS = {tuple(map(int, link)): index for index, link in enumerate(LINKS)}

_KNOWN = {
    "GCN": ("0123", ("skip", "skip", "gcn", "gcn")),
    "GAT": ("0123", ("skip", "skip", "gat", "gat")),
    "JK-GCN": ("0122", ("skip", "gcn", "gcn", "skip")),
}
"""Links and operations; a skip at the front is the input."""

_SIZES: dict[int, MacroSizes] = {
    1433: {},
    3703: {},
    500: {"channels": 128, "post": False},
    6805: {"channels": 128, "pre": True, "post": False},
    8415: {"pre": True, "post": False},
    745: {"channels": 128, "post": False},
    767: {"channels": 64, "pre": True},
    128: {"channels": 128},
    8: {"pre": True},
}
"""The benchmark's sizes by the features of its data sets: Cora, Citeseer, Pubmed, Coauthor CS and
Physics, Amazon Photo and Computers, ogbn-arxiv, ogbn-proteins."""


@register
@dataclass(frozen=True, kw_only=True)
class NasBenchGraph(SearchSpace):
    """A tree of four layers under the input, whose leaves are concatenated and classified.

    A layer is an operation, a batch norm and a ReLU. Architectures are converted to the
    benchmark's canonical form before they are built: a skip before other layers is moved to the
    front, where it represents the input, and interchangeable layers are sorted. The benchmark
    records parameters and results but not the positions of dropout nor the layers after norms;
    these are chosen here.

    Attributes:
        channels: Features of a layer.
        pre: Whether there is a linear layer before the tree.
        post: Whether there is one after it.
        dropout: Rate of dropout before every layer.

    Example:
        >>> from nas.task import NODE_CLASSIFICATION, Task
        >>> cora = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
        >>> space = NasBenchGraph(task=cora)
        >>> space.decode("20134")
        {'links': '0011', 'op0': 'gat', 'op1': 'gcn', 'op2': 'cheb', 'op3': 'sage'}
        >>> space.canonical("20143")
        '20134'
    """

    name: ClassVar[str] = "nasbench-graph"
    description: ClassVar[str] = "NAS-Bench-Graph: 26,206 trees of four layers, nine operations"
    source: ClassVar[str] = "Qin et al., NAS-Bench-Graph, NeurIPS 2022"
    proxy_limits: ClassVar[Mapping[str, int | str]] = {"channels": 64}
    canonical_notation: ClassVar[bool] = True

    channels: int = 256
    pre: bool = False
    post: bool = True
    dropout: float = 0.5

    def __post_init__(self) -> None:
        check_node_space(self)
        check_minimum(self, "channels", GAT_HEADS)
        check_rate(self, "dropout")

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return dict(_SIZES.get(task.features, {"channels": 128}))

    def build(self, trial: Trial) -> Graph:
        link, operations = canonical_form(*_suggest(trial))
        b = GraphBuilder()
        x, edges = b.input((1, self.task.features), name=_INPUT), b.edge_index()
        if self.pre:
            x = b.relu(b.linear(self._dropped(b, x), self.channels, name="pre"))
        values = [x]
        for number, (source, digit) in enumerate(zip(link, operations, strict=True)):
            with b.scope(f"node{number}"):
                values.append(self._node(b, values[source], edges, OPERATIONS[digit]))
        leaves = [value for index, value in enumerate(values) if index and index not in link]
        x = b.concat(*leaves, name="leaves") if len(leaves) > 1 else leaves[0]
        if self.post:
            x = b.relu(b.linear(self._dropped(b, x), self.channels, name="post"))
        head = Linear(out_features=self.task.classes, head=True)
        return b.build(b.op(head, self._dropped(b, x), name="classifier"))

    def encode(self, params: Params) -> str:
        """The benchmark's key of the canonical form: link index * 10^4 + four operation digits."""
        given = params.get
        links, chosen = str(given("links")), [given(f"op{node}") for node in range(NODES)]
        if links not in LINKS or not all(operation in OPERATIONS for operation in chosen):
            raise EncodingError(f"expected links and op0 to op3 of this space, got {dict(params)}")
        digits = tuple(OPERATIONS.index(operation) for operation in chosen)
        link, digits = canonical_form(tuple(map(int, links)), digits)
        return "".join(map(str, (_LINKS[link], *digits)))

    def decode(self, text: str) -> dict[str, Any]:
        digits = text.strip()
        if not 0 < len(digits) <= 1 + NODES or not digits.isascii() or not digits.isdigit():
            raise EncodingError(
                f"expected a key of {1 + NODES} digits, got {text[:80]!r}",
                hint="The form is link index * 10^4 + four operation digits, such as 20134.",
            )
        link, *chosen = map(int, digits.zfill(1 + NODES))
        for digit in (link, *chosen):
            if digit >= len(OPERATIONS):
                raise EncodingError(f"expected digits from 0 to 8, got {digit} in {text!r}")
        operations = {f"op{node}": OPERATIONS[digit] for node, digit in enumerate(chosen)}
        return {"links": LINKS[link], **operations}

    def canonical(self, key: str) -> str:
        """The key under which the benchmark's tables list an architecture."""
        return self.encode(self.decode(key))

    def known(self) -> dict[str, dict[str, Any]]:
        """Two layers of GCN or GAT, and two of GCN whose outputs are concatenated.

        Kipf & Welling 2017, Velickovic et al. 2018 and Xu et al. 2018, with the norms, heads and
        linear layers of the benchmark.
        """
        return {
            name: {"links": links, **{f"op{node}": one for node, one in enumerate(operations)}}
            for name, (links, operations) in _KNOWN.items()
        }

    def size(self) -> int:
        """Number of architectures in the benchmark: all except four skips."""
        return 26_206

    def _node(self, b: GraphBuilder, x: Value, edges: Value, operation: str) -> Value:
        if operation == "skip":
            # The benchmark makes a norm for every node and uses none after a skip, which may be
            # of another width; parameters are counted with it.
            b.batch_norm(b.op(Zero(shape=(self.channels,)), x), name="norm")
            return x
        x = self._dropped(b, x)
        if operation == "fc":
            x = b.linear(x, self.channels, name="fc")
        else:
            heads = GAT_HEADS if operation == "gat" else 1
            x = b.message_passing(x, edges, operation, self.channels, heads=heads)
        return b.relu(b.batch_norm(x, name="norm"))

    def _dropped(self, b: GraphBuilder, x: Value) -> Value:
        if not self.dropout:
            return x
        return (b.feature_dropout if x.name == _INPUT else b.dropout)(x, self.dropout)


def _suggest(trial: Trial) -> tuple[Numbers, Numbers]:
    links = trial.suggest_categorical("links", LINKS)
    chosen = (trial.suggest_categorical(f"op{node}", OPERATIONS) for node in range(NODES))
    return tuple(map(int, links)), tuple(OPERATIONS.index(operation) for operation in chosen)


@lru_cache(maxsize=8192)
def canonical_form(link: Numbers, operations: Numbers) -> tuple[Numbers, Numbers]:
    """Link and operations of the same network in the benchmark's form.

    Args:
        link: Input of each node, 0 for the input of the tree.
        operations: Digits of the operations.
    """
    for node in range(NODES):
        if operations[node] == _SKIP and _moves(node, link, operations):
            link, operations = _to_front(node, link, operations)
    return min(_relabelled(link, operations))


def _moves(node: int, link: Numbers, operations: Numbers) -> bool:
    """Whether a skip represents the input: it has readers, no sibling, or carries the input."""
    read = node + 1 in link
    alone = link.count(link[node]) == 1
    return read or alone or _carries_input(node, link, operations)


def _carries_input(node: int, link: Numbers, operations: Numbers) -> bool:
    while node >= 0:
        if operations[node] != _SKIP:
            return False
        node = link[node] - 1
    return True


def _to_front(node: int, link: Numbers, operations: Numbers) -> tuple[Numbers, Numbers]:
    """Make the skip the only reader of the input; its readers read its former input."""
    sources = [link[node] if source == node + 1 else source for source in link]
    others = [index for index in range(NODES) if index != node]
    shifted = {0: 1, **{index + 1: place + 2 for place, index in enumerate(others)}}
    front = (0, *(shifted[sources[index]] for index in others))
    return front, (operations[node], *(operations[index] for index in others))


def _relabelled(link: Numbers, operations: Numbers) -> list[tuple[Numbers, Numbers]]:
    """All numberings of the nodes whose links are among the nine; these depend on the order."""
    found = []
    for order in permutations(range(NODES)):
        place = {0: 0, **{node + 1: number + 1 for number, node in enumerate(order)}}
        renamed = tuple(place[link[node]] for node in order)
        if renamed in _LINKS:
            found.append((renamed, tuple(operations[node] for node in order)))
    return found
