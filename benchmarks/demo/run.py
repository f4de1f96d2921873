"""Rivals, costs and rankings on cluttered-digits in the space resnet.

    python -m benchmarks.demo.run

Trainings are those of the product, on one thread, and kept in ``--out``: the same command resumes.
"""

from __future__ import annotations

import argparse
import json
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

import search_spaces
from benchmarks.demo.measures import floor, predicted_figures, step_milliseconds, untrained_figures
from benchmarks.demo.tables import print_tables
from benchmarks.demo.trainings import Trainings
from hypernets.checkpoint import load as load_hypernet
from nas.analysis.cost import cost
from nas.data.catalog import load
from nas.files import write_json
from nas.seeding import rng
from nas.space.candidate import Candidate, sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.data.dataset import Dataset
    from nas.space.search_space import SearchSpace

RESULTS = Path(__file__).parent / "results" / "demo.json"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured.

    Attributes:
        space: The space, with macro sizes after a colon.
        dataset: The data set.
        networks: Random networks that are trained to the end.
        compared: Those of them that are trained to the length between, too.
        pool: Random networks of which the largest is a rival.
        short: Lengths of the trainings that are compared with the full one as rankings.
        between: Length at which rivals are compared before the full one.
        full: Length of a full training in epochs.
        seeds: Of the rivals' trainings; random networks have one each.
    """

    space: str = "resnet"
    dataset: str = "cluttered-digits"
    networks: int = 24
    compared: int = 8
    pool: int = 256
    short: tuple[int, ...] = (1, 3)
    between: int = 5
    full: int = 10
    seeds: tuple[int, ...] = (0, 1, 2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is not yet in the file, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS, help="file of the results")
    parser.add_argument("--networks", type=int, default=Plan.networks, help="that are trained")
    parser.add_argument("--weights", help="a hypernetwork whose figures rank too")
    parser.add_argument("--print", action="store_true", help="print the tables of the file only")
    options = parser.parse_args(arguments)
    if not options.print:
        torch.set_num_threads(1)
        measure(Plan(networks=options.networks), options.out, options.weights)
    print_tables(json.loads(options.out.read_text(encoding="utf-8")))


def measure(plan: Plan, out: Path, weights: str | None = None) -> None:
    """Complete the file of results."""
    data = load(plan.dataset)
    space = search_spaces.get(plan.space, data.task)
    document = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    document |= {
        "date": datetime.now(UTC).date().isoformat(),
        "torch": torch.__version__,
        "machine": _processor(),
        "dataset": plan.dataset,
        "fingerprint": data.fingerprint,
        "space": {"name": space.name, **space.macro()},
        "epochs": {"short": plan.short, "between": plan.between, "full": plan.full},
    }

    def keep(rows: list[dict[str, Any]]) -> None:
        document["trainings"] = rows
        write_json(out, document)

    train = Trainings(space, data, document.get("trainings", []), keep)
    draw = rng(0, "demo")
    pool = [sample(space, draw) for _ in range(max(plan.pool, plan.networks))]
    random = [one.architecture for one in pool[: plan.networks]]
    document["floor"] = document.get("floor") or floor(data)
    document["rivals"] = _rivals(space, pool)
    document["random"] = random
    everything = [*document["rivals"].values(), *random]
    document["figures"] = _figures(space, data, everything, document.get("figures", {}))
    if weights is not None:
        predictor = load_hypernet(weights)
        document["predicted"] = {
            "weights": predictor.card.name,
            "figures": predicted_figures(space, data, predictor, random),
        }
    keep(document.get("trainings", []))
    for architecture in document["rivals"].values():
        for epochs in (plan.between, plan.full):
            for seed in plan.seeds:
                train(architecture, epochs, seed)
    for architecture in random:
        for epochs in (plan.full, *plan.short):
            train(architecture, epochs)
    for architecture in random[: plan.compared]:
        train(architecture, plan.between)


def _rivals(space: SearchSpace, pool: Sequence[Candidate]) -> dict[str, str]:
    """Architectures chosen before any training, by name."""
    known = {name: space.encode(params) for name, params in space.known().items()}
    largest = max(pool, key=lambda one: cost(one.graph).macs)
    return {**known, f"the largest of {len(pool)} by MACs": largest.architecture}


def _figures(
    space: SearchSpace, data: Dataset, architectures: Sequence[str], known: dict[str, Any]
) -> dict[str, Any]:
    """Figures of each network that need no training of it, and the time of a training step."""
    found = {}
    for text in architectures:
        network = space.graph(text).simplified
        found[text] = known.get(text) or {
            "step_ms": step_milliseconds(network, data),
            **untrained_figures(network, data),
        }
    return found


def _processor() -> str:
    """The processor's name, or its architecture where the system does not give one."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    main()
