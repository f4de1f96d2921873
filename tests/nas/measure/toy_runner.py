"""A device that needs no time: its latencies follow from the network alone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nas.analysis.cost import cost
from nas.errors import MeasurementError, NasError
from nas.measure.runners.runner import RUNNERS, Ready, Runner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nas.graph.graph import Graph


class Toy:
    """A runner under the name ``toy``.

    Attributes:
        measured: Hashes of the networks in the order of their measurement.
        broken: Hashes of networks that cannot be measured.
        error: Kind of error that these raise.
        limit: Number of measurements after which it is interrupted.
        device: Its name.
    """

    def __init__(self) -> None:
        self.measured: list[str] = []
        self.broken: set[str] = set()
        self.error: type[NasError] = MeasurementError
        self.limit = 10**6
        self.device = "a toy"

    @contextmanager
    def prepare(self, network, config, folder) -> Iterator[Ready]:
        if len(self.measured) == self.limit:
            raise KeyboardInterrupt
        hash_ = network.graph.hash()
        if hash_ in self.broken:
            raise self.error("it does not fit")
        self.measured.append(hash_)
        yield Ready(device=self.device, run=lambda: latency(network.graph))


def latency(graph: Graph) -> float:
    """Milliseconds of a network on the toy."""
    return 1 + cost(graph).macs / 1e6 + 0.1 * len(graph.nodes)


@contextmanager
def toy_runner() -> Iterator[Toy]:
    """While active, the toy is among the runners."""
    toy = Toy()
    with RUNNERS.temporarily("toy", Runner(prepare=toy.prepare, repeats=False)):
        yield toy
