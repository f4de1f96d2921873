"""What is spent beyond running the networks: importing, predicting, scoring, training.

Each time is set against that of the networks themselves on the same machine, in plain torch.

    python -m benchmarks.speed.run
"""

from __future__ import annotations

import argparse
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.speed.clock import CLOCKS, Clock
from benchmarks.speed.custom_space import custom_space
from benchmarks.speed.generation import GenerationSizes
from benchmarks.speed.meta_step import FORMS, meta_step
from benchmarks.speed.one_network import one_network
from benchmarks.speed.scoring import scoring
from benchmarks.speed.subject import SUBJECTS, Widths
from nas.files import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).parent / "results"
PARTS = ("networks", "scoring", "meta-step", "custom-space")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured, how often, and at what sizes.

    Attributes:
        parts: Some of ``PARTS``.
        repeats: Of the networks one by one; generations, steps and searches take a third of it.
        threads: Of torch.
        forms: Of the meta-step, some of ``FORMS``.
        clock: ``wall``, or ``cpu`` on a machine that others use too, at one thread.
        widths: Of the large networks.
        generation: Of the networks scored and trained together.
        trials: Of a search in a custom space.
    """

    parts: Sequence[str] = PARTS
    repeats: int = 15
    threads: int = 2
    forms: Sequence[str] = tuple(FORMS)
    clock: str = "wall"
    widths: Widths = field(default_factory=Widths)
    generation: GenerationSizes = field(default_factory=GenerationSizes)
    trials: int = 200


def measure(plan: Plan) -> dict[str, Any]:
    """All figures, as JSON has them."""
    often = Clock(plan.repeats, plan.clock)
    seldom = Clock(max(1, plan.repeats // 3), plan.clock)
    threads = torch.get_num_threads()
    torch.set_num_threads(plan.threads)
    torch.manual_seed(0)
    found: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "plan": asdict(plan),
    }
    try:
        if "networks" in plan.parts:
            found["networks"] = {}
            for name in SUBJECTS:
                one = one_network(name, plan.widths, often)
                found["networks"][name] = {**asdict(one), "passes": one.passes}
        if "scoring" in plan.parts:
            scores = scoring(plan.generation, seldom)
            found["scoring"] = {**asdict(scores), "rate": scores.rate, "beyond": scores.beyond}
        if "meta-step" in plan.parts:
            steps = {form: meta_step(form, plan.generation, seldom) for form in plan.forms}
            found["meta_step"] = {
                form: {**asdict(step), "beyond": step.beyond} for form, step in steps.items()
            }
        if "custom-space" in plan.parts:
            found["custom_space"] = custom_space(plan.trials, seldom)
    finally:
        torch.set_num_threads(threads)
    return found


def table(found: dict[str, Any]) -> list[str]:
    """The figures as lines for people: milliseconds, and what they are in networks' own time."""
    lines = []
    for name, one in found.get("networks", {}).items():
        lines.append(f"{name}: {one['nodes']} nodes, {one['params'] / 1e6:.1f} M parameters")
        for part, taken in one["times"].items():
            ms = f"{1e3 * taken['median']:9.1f} ms"
            lines.append(f"  {part:10}{ms}{one['passes'][part]:8.2f} forward passes")
        size = one["memory"] / (4 * one["params"])
        lines.append(
            f"  {'memory':10}{one['memory'] / 2**20:9.0f} MiB{size:7.2f} of its parameters"
        )
    if "scoring" in found:
        scores = found["scoring"]
        lines.append(f"scoring: {scores['rate']:.2f} networks/s, {scores['beyond']:+.0%}")
        lines += _parts(scores["parts"], "plain forward", scores["forward"])
    for form, step in found.get("meta_step", {}).items():
        lines.append(f"meta-step, {form}: {step['beyond']:+.0%}")
        lines += _parts(step["parts"], "plain targets", step["targets"])
    if "custom_space" in found:
        lines.append(f"custom space: {found['custom_space']['rate']:.1f} candidates/s")
    return lines


def _parts(parts: dict[str, Any], name: str, own: dict[str, float]) -> list[str]:
    rows = {**parts, name: own}
    return [f"  {part:14}{1e3 * taken['median']:9.1f} ms" for part, taken in rows.items()]


def main() -> None:
    """Print the figures and write them down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--repeats", type=int, default=Plan.repeats)
    parser.add_argument("--threads", type=int, default=Plan.threads)
    parser.add_argument("--clock", choices=CLOCKS, default=Plan.clock)
    parser.add_argument("--out", type=Path, default=RESULTS / "speed.json")
    arguments = vars(parser.parse_args())
    out = arguments.pop("out")
    found = measure(Plan(**arguments))
    write_json(out, found)
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
