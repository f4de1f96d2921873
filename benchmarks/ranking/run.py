"""How well scores rank NAS-Bench-201: Kendall tau against test accuracy after 200 epochs.

Reads what ``nas rank`` has written for samples of the space, and compares each score with the
published test accuracies; FLOPs and parameter counts are the baselines.

    for seed in 1 2 3; do
        nas rank --space nb201 --sample 300 --seed $seed --dataset cifar10 --data-dir data \
            --weights nb201-cifar10 --json > ranked-$seed.json
    done
    python benchmarks/ranking/run.py ranked-*.json
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, rankdata

TABLE = Path(__file__).with_name("nb201_cifar10.json.gz")

Scores = NDArray[np.float64]


def published() -> dict[str, float]:
    """Test accuracy after 200 epochs in percent, by notation of the cell."""
    table = json.loads(gzip.decompress(TABLE.read_bytes()))
    column = table["columns"].index("c10_test200")
    return {
        notation([table["ops"][int(op)] for op in row[0]]): row[column] for row in table["rows"]
    }


def notation(ops: list[str]) -> str:
    """``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`` of operations 0->1, 0->2, 1->2, 0->3, 1->3, 2->3."""
    groups = (ops[:1], ops[1:3], ops[3:])
    return "+".join(f"|{'|'.join(f'{op}~{i}' for i, op in enumerate(group))}|" for group in groups)


def scores(rows: list[dict[str, Any]]) -> dict[str, Scores]:
    """Every score of every architecture, higher better; a failed one is worst."""

    def column(name: str, failed: float = 0.0) -> Scores:
        return np.array([failed if row[name] is None else row[name] for row in rows])

    loss = -column("loss", failed=np.inf)
    return {
        "accuracy": column("accuracy"),
        "loss": loss,
        "FLOPs": column("macs"),
        "parameters": column("params"),
        "loss + FLOPs": rankdata(loss) + rankdata(column("macs")),
    }


def taus(score: Scores, truth: Scores) -> tuple[float, float]:
    """Kendall tau over all, and inside the tenth that is truly best."""
    best = truth >= np.quantile(truth, 0.9)
    return kendalltau(score, truth).statistic, kendalltau(score[best], truth[best]).statistic


def main() -> None:
    """Print one line for each score: the median over the files, and the spread."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ranked", type=Path, nargs="+", help="output of `nas rank --json`")
    parser.add_argument("--card", type=Path, help="card.json to write the figures into")
    arguments = parser.parse_args()
    files: list[Path] = arguments.ranked
    table = published()
    found: dict[str, list[tuple[float, float]]] = {}
    for file in files:
        document = json.loads(file.read_text())
        rows = document["scores"]
        truth = np.array([table[row["architecture"]] for row in rows])
        print(f"{file.name}: {len(rows)} cells, {document['seconds'] / len(rows):.3f} s each")
        for name, score in scores(rows).items():
            found.setdefault(name, []).append(taus(score, truth))
    print(f"{'score':14} {'tau':>7} {'spread':>7} {'top decile':>11} {'spread':>7}")
    measured: dict[str, float] = {}
    for name, pairs in found.items():
        middle, spread = np.median(pairs, axis=0), np.ptp(pairs, axis=0)
        measured[f"NAS-Bench-201 tau of {name}"] = round(float(middle[0]), 3)
        print(f"{name:14} {middle[0]:7.3f} {spread[0]:7.3f} {middle[1]:11.3f} {spread[1]:7.3f}")
    if arguments.card:
        card = json.loads(arguments.card.read_text())
        arguments.card.write_text(
            json.dumps({**card, "measured": {**card["measured"], **measured}}, indent=2) + "\n"
        )


if __name__ == "__main__":
    main()
