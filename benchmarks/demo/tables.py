"""The tables of a document of results."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.demo.trainings import Training
from nas.analysis.agreement import kendall
from nas.analysis.figure import oriented
from nas.seeding import rng

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
    for epochs in lengths:
        tests = _tests(document, document["random"], epochs)
        if len(tests) > 1:
            print(
                f"\nRandom networks after {epochs} epochs: standard deviation "
                f"{100 * stdev(tests):.1f}, best {100 * max(tests):.1f} %"
            )
    print()


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
    known = {(t.architecture, t.epochs): t.accuracy for t in _trainings(document) if t.seed == 0}
    truth = {text: known[text, full] for text in random if (text, full) in known}
    columns: dict[str, dict[str, float]] = {
        name: {text: document["figures"][text][name] for text in random} for name in _UNTRAINED
    }
    for epochs in document["epochs"]["short"]:
        columns[f"{epochs} epoch{'s' * (epochs > 1)}"] = {
            text: known[text, epochs] for text in random if (text, epochs) in known
        }
    if "predicted" in document:
        figures = document["predicted"]["figures"]
        for name in figures[0]:
            turned = oriented(name, [row[name] for row in figures])
            columns[f"predicted weights: {name}"] = dict(zip(random, turned, strict=True))
    print("| figure | τ | ± | n |\n| --- | --- | --- | --- |")
    for name, values in columns.items():
        both = [text for text in truth if text in values]
        pair = [values[text] for text in both], [truth[text] for text in both]
        if len(both) > 1:
            tau = kendall(*pair)
            shown = "–" if tau is None else f"{tau:.2f}"
            print(f"| {name} | {shown} | {tau_error(*pair):.2f} | {len(both)} |")
    print("\nRandom networks; accuracy: mean of ranking and test split")


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
    """Test accuracies of the only architecture with all seeds, or of several with the first."""
    return [
        training.test
        for training in _trainings(document)
        if training.architecture in architectures
        and training.epochs == epochs
        and (training.seed == 0 or len(architectures) == 1)
    ]


def _mean_and_error(accuracies: Sequence[float]) -> str:
    """Mean and its standard error in percent."""
    if len(accuracies) < 2:
        return " ".join(f"{100 * accuracy:.1f}" for accuracy in accuracies) or "–"
    error = stdev(accuracies) / len(accuracies) ** 0.5
    return f"{100 * fmean(accuracies):.1f} ± {100 * error:.1f}"
