"""How well a HyperLSTM predicts characters beside an LSTM with as many parameters.

    python -m benchmarks.papers.sequences
    python -m benchmarks.papers.sequences --models LSTM --steps 2000 --rates 1.6e-2 --seeds 1

The text is the language reference that Python ships (``pydoc_data.topics``). All models are
trained for the same number of steps; the second command trains the LSTM for as long as a
HyperLSTM takes. Each chooses its learning rate with the first seed. Seconds are those of the
processor.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from pydoc_data.topics import topics
from time import process_time
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.papers.results_file import FOLDER, ResultsFile, Row
from hypernets.hyper_lstm import HyperLSTM

if TYPE_CHECKING:
    from collections.abc import Callable

PARAMETERS = 100_000
"""The hidden size is the largest with at most as many, those of both embeddings included."""
INPUT = 32
RATES = (4e-3, 8e-3, 1.6e-2)
BATCH, LENGTH = 32, 48
STEPS = 500
WARMUP = 0.05

MODELS: dict[str, Callable[[int], nn.Module]] = {
    "LSTM": lambda size: nn.LSTM(INPUT, size),
    "HyperLSTM": lambda size: HyperLSTM(INPUT, size),
    "HyperLSTM, layer norm": lambda size: HyperLSTM(INPUT, size, layer_norm=True),
}


class Text:
    """Characters as numbers, the last tenth for testing; rare characters are one number."""

    def __init__(self) -> None:
        whole = "".join(topics[name] for name in sorted(topics)).encode("ascii", "replace")
        characters = torch.frombuffer(bytearray(whole), dtype=torch.uint8).long()
        kinds, numbers = characters.unique(return_inverse=True)
        self.kinds = len(kinds)
        cut = len(numbers) * 9 // 10
        self.train, self.test = numbers[:cut], numbers[cut:]

    def drawn(self, draw: torch.Generator) -> Tensor:
        """Random sequences for training: (T + 1, B)."""
        starts = torch.randint(len(self.train) - LENGTH, (BATCH,), generator=draw)
        drawn: Tensor = self.train[starts + torch.arange(LENGTH + 1)[:, None]]
        return drawn


class CharacterModel(nn.Module):
    """Logits of the next character: (T, B) -> (T, B, kinds)."""

    def __init__(self, recurrent: nn.Module, size: int, kinds: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(kinds, INPUT)
        self.recurrent = recurrent
        self.out = nn.Linear(size, kinds)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.out(self.recurrent(self.embed(x))[0])
        return logits


def fitting(name: str, kinds: int) -> CharacterModel:
    """The largest model of a kind within the number of parameters."""
    model = None
    for size in range(32, 512, 2):
        larger = CharacterModel(MODELS[name](size), size, kinds)
        if sum(weight.numel() for weight in larger.parameters()) > PARAMETERS:
            break
        model = larger
    assert model is not None
    return model


def bits(model: nn.Module, sequences: Tensor) -> Tensor:
    """Mean bits per character of sequences (T + 1, B)."""
    logits = model(sequences[:-1])
    return F.cross_entropy(logits.flatten(0, 1), sequences[1:].flatten()) / math.log(2)


def measured(name: str, rate: float, seed: int, steps: int) -> Row:
    """Bits per character on the test text after a training, and what it took."""
    text, draw = Text(), torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = fitting(name, text.kinds)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    began = process_time()
    for step in range(steps):
        done = step / steps
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, done / WARMUP, (1 - done) / (1 - WARMUP))
        optimiser.zero_grad()
        bits(model, text.drawn(draw)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    seconds = process_time() - began
    long = 4 * LENGTH + 1
    test = text.test[: len(text.test) // long * long].view(-1, long).mT  # (T + 1, B)
    with torch.no_grad():
        found = float(bits(model.eval(), test))
    return {
        "bits": round(found, 4),
        "seconds": round(seconds, 1),
        "steps": steps,
        "parameters": sum(weight.numel() for weight in model.parameters()),
    }


def main() -> None:
    """Print the bits per character of each model at its own best rate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=FOLDER / "sequences.json")
    given = parser.parse_args()
    torch.set_num_threads(1)
    results = ResultsFile(given.results)

    def row(name: str, rate: float, seed: int) -> Row:
        label = f"{name}, rate {rate:g}, seed {seed}, {given.steps} steps"
        return results.row(label, measured, name, rate, seed, given.steps)

    for name in given.models:
        best = min(given.rates, key=lambda rate: row(name, rate, 1)["bits"] or 0)
        rows = [row(name, best, seed) for seed in range(1, given.seeds + 1)]
        print(f"{name}, rate {best:g}: {rows}")


if __name__ == "__main__":
    main()
