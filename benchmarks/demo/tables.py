"""The tables of a document of results."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.demo.trainings import Training
from nas.analysis.agreement import kendall
from nas.seeding import rng
from nas.study.selection.finalist_selector import oriented

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Document = Mapping[str, Any]

RESAMPLES = 1000
"""Samples of the networks for the error of a Kendall's tau."""
_UNTRAINED = ("naswot", "macs", "params", "activation_bytes")


def print_tables(document: Document) -> None:
    """Print everything that the document holds."""
    print(f"{document['machine']}, torch {document['torch']}, {document['date']}\n")
    print_rivals(document)
    print_costs(document)
    print_ranking(document)


def print_rivals(document: Document) -> None:
    """Test accuracies after both lengths of training."""
    lengths = [document["epochs"][name] for name in ("between", "full")]
    titles = (f"{epochs} epochs, % | n" for epochs in lengths)
    print("| classifier | " + " | ".join(titles) + " |\n| --- | --- | --- | --- | --- |")
    for name, accuracy in document["floor"].items():
        print(f"| {name} | {100 * accuracy:.1f} | | | |")
    groups = {name: [text] for name, text in document["rivals"].items()}
    groups["random networks"] = document["random"]
    for name, architectures in groups.items():
        found = [_tests(document, architectures, epochs) for epochs in lengths]
        columns = (f"{_mean_and_error(tests)} | {len(tests)}" for tests in found)
        print(f"| {name} | {' | '.join(columns)} |")
    spread = (f"{100 * stdev(_tests(document, document['random'], e)):.1f}" for e in lengths)
    best = (f"{100 * max(_tests(document, document['random'], e)):.1f}" for e in lengths)
    print(f"\nRandom networks: standard deviations {', '.join(spread)}; best {', '.join(best)}\n")


def print_costs(document: Document) -> None:
    """Time of a training step."""
    steps = {text: figures["step_ms"] for text, figures in document["figures"].items()}
    random = [steps[text] for text in document["random"]]
    low, middle, high = np.quantile(random, [0, 0.5, 1])
    print("| network | step of 64 images, ms |\n| --- | --- |")
    for name, text in document["rivals"].items():
        print(f"| {name} | {steps[text]:.1f} |")
    print(f"| random networks, median | {middle:.1f} ({low:.1f} to {high:.1f}) |\n")


def print_ranking(document: Document) -> None:
    """Kendall's tau of each figure with the accuracy after the full training."""
    random, full = document["random"], document["epochs"]["full"]
    short = document["epochs"]["short"]
    known = {(t.architecture, t.epochs): t for t in _trainings(document) if t.seed == 0}
    trained = [
        place
        for place, text in enumerate(random)
        if all((text, epochs) in known for epochs in (*short, full))
    ]
    truth = [known[random[place], full].accuracy for place in trained]
    rows = {name: [document["figures"][text][name] for text in random] for name in _UNTRAINED}
    if "predicted" in document:
        for name in document["predicted"]["figures"][0]:
            values = [figures[name] for figures in document["predicted"]["figures"]]
            rows[f"predicted weights: {name}"] = list(oriented(name, values))
    print("| figure | τ | ± |\n| --- | --- | --- |")
    for name, values in rows.items():
        _print_tau(name, [values[place] for place in trained], truth)
    for epochs in short:
        values = [known[random[place], epochs].accuracy for place in trained]
        _print_tau(f"{epochs} epoch{'s' * (epochs > 1)}", values, truth)
    print(f"\n{len(trained)} random networks; accuracy: mean of ranking and test split")


def _print_tau(name: str, values: Sequence[float], truth: Sequence[float]) -> None:
    tau, error = kendall(values, truth), tau_error(values, truth)
    print(f"| {name} | {'–' if tau is None else f'{tau:.2f}'} | {error:.2f} |")


def tau_error(values: Sequence[float], truth: Sequence[float]) -> float:
    """Standard error of Kendall's tau over networks drawn again with replacement."""
    draw = rng(0, "resample")
    pairs = np.array([values, truth])
    resampled = (
        kendall(*pairs[:, draw.integers(0, len(truth), len(truth))]) for _ in range(RESAMPLES)
    )
    return float(np.std([tau for tau in resampled if tau is not None]))


def _trainings(document: Document) -> list[Training]:
    return [Training(**row) for row in document["trainings"]]


def _tests(document: Document, architectures: Sequence[str], epochs: int) -> list[float]:
    return [
        training.test
        for training in _trainings(document)
        if training.architecture in architectures and training.epochs == epochs
    ]


def _mean_and_error(accuracies: Sequence[float]) -> str:
    """Mean and its standard error in percent."""
    error = stdev(accuracies) / len(accuracies) ** 0.5
    return f"{100 * fmean(accuracies):.1f} ± {100 * error:.1f}"
