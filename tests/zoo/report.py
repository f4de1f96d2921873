"""Imports the zoo and prints one line for each network.

``python -m tests.zoo.report [small cifar torchvision timm] [--match REGEX] [--trace]``
"""

from __future__ import annotations

import argparse
import re
import time
import traceback
import warnings
from collections import Counter
from typing import TYPE_CHECKING

from nas.importers.from_module import from_module
from tests.zoo.cifar_networks import CIFAR_NETWORKS
from tests.zoo.imagenet_networks import TIMM_NETWORKS, TORCHVISION_NETWORKS
from tests.zoo.small_networks import SMALL_NETWORKS
from tests.zoo.specimen import EXAMPLE, FRESH, Specimen, relative_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.zoo.zoo_network import ZooNetwork

FAMILIES = {
    "small": SMALL_NETWORKS,
    "cifar": CIFAR_NETWORKS,
    "torchvision": TORCHVISION_NETWORKS,
    "timm": TIMM_NETWORKS,
}
TOLERANCE = 1e-5


def faults(specimen: Specimen) -> Iterator[str]:
    """What an import does not say as it should, in words."""
    coverage, sizes = specimen.imported.coverage, specimen.sizes
    groups = coverage.predicted, coverage.opaque, coverage.excluded, coverage.kept
    if {name: size for group in groups for name, size in group.items()} != sizes:
        yield "not every parameter accounted for"
    if wrong := set(coverage.opaque) ^ specimen.opaque:
        yield f"opaque or not: {', '.join(sorted(wrong))}"
    if wrong := set(coverage.excluded) ^ specimen.unused:
        yield f"excluded or not: {', '.join(sorted(wrong))}"
    predicted = sizes.keys() - specimen.unused - specimen.opaque
    expected = sum(sizes[name] for name in predicted)
    if specimen.graph_params != expected:
        yield f"{specimen.graph_params:,} parameters in the graph, expected {expected:,}"
    if (specimen.imported.batch is not None) != specimen.network.fixed:
        yield f"batch size {specimen.imported.batch}"


def figures(specimen: Specimen, seconds: float) -> str:
    """How large the import is, and what it took."""
    nodes = Counter(node.op.kind for node in specimen.imported.graph.nodes)
    return (
        f"{specimen.graph_params:>12,} {specimen.imported.coverage.share:7.2%} "
        f"{nodes.total():6} {nodes['call']:5} {nodes['layer']:5} {seconds:7.2f}"
    )


def errors(specimen: Specimen) -> Iterator[str]:
    """Where the graph computes something else than the model does."""
    for size in (EXAMPLE,) if specimen.network.fixed else (EXAMPLE, FRESH):
        inputs = specimen.network.inputs(size)
        error = relative_error(specimen.outputs(inputs), specimen.expected(inputs))
        if not error <= TOLERANCE:
            yield f"error {error:.1e} at size {size}"


def row(network: ZooNetwork, *, trace: bool) -> bool:
    """Import a network, print what came of it, and return whether all is well."""
    known, found = "", []
    try:
        model, inputs = network.model(), network.inputs(EXAMPLE)
        start = time.perf_counter()
        specimen = Specimen(network, model, from_module(model, inputs))
        known = figures(specimen, time.perf_counter() - start)
        found = [*faults(specimen), *errors(specimen)]
    except Exception as error:  # a report names every failure and goes on
        if trace:
            traceback.print_exc()
        found = [f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"]
    print(f"{network.name:38} {known:47} {'; '.join(found) or 'ok'}", flush=True)
    return not found


def main() -> None:
    """Read the command line and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", choices=[*FAMILIES, "all"], default="all")
    parser.add_argument("--match", default="", help="only networks whose name has this pattern")
    parser.add_argument("--trace", action="store_true", help="print tracebacks")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = [
        network
        for family in (FAMILIES if "all" in arguments.families else arguments.families)
        for network in FAMILIES[family]
        if re.search(arguments.match, network.name)
    ]
    heads = f"{'params':>12} {'share':>7} {'nodes':>6} {'call':>5} {'layer':>5} {'seconds':>7}"
    print(f"{'network':38} {heads}")
    start = time.perf_counter()
    good = sum(row(network, trace=arguments.trace) for network in chosen)
    print(f"{good} of {len(chosen)} as they should be, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
