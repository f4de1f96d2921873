"""A search space of sequence models of one's own, in ordinary PyTorch.

The digits are read row by row, as eight steps of eight numbers.
python examples/05_sequence_space.py
"""

import torch
from torch import Tensor, nn

import nas
from nas.space.trial import Trial


class Recurrent(nn.Module):
    """An LSTM or a GRU that keeps its width: (B, T, C) -> (B, T, C)."""

    def __init__(self, kind: type[nn.LSTM | nn.GRU], width: int) -> None:
        super().__init__()
        self.cell = kind(width, width, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        states: Tensor = self.cell(x)[0]
        return states


class Reader(nn.Module):
    """Rows embedded, read by layers, and classified from the last step or from the mean."""

    def __init__(
        self, rows: tuple[int, int], layers: list[nn.Module], head: nn.Linear, mean: bool
    ):
        super().__init__()
        steps, features = rows
        self.embed = nn.Linear(features, head.in_features)
        self.position = nn.Parameter(torch.zeros(steps, head.in_features))
        self.layers = nn.Sequential(*layers)
        self.head = head
        self.mean = mean

    def forward(self, image: Tensor) -> Tensor:
        x = self.layers(self.embed(image.transpose(1, 2).flatten(2)) + self.position)  # (B, T, C)
        scores: Tensor = self.head(x.mean(1) if self.mean else x[:, -1])
        return scores


def build(trial: Trial, data: nas.Task) -> nn.Module:
    """One or two layers, each recurrent or of attention."""
    width = trial.suggest_categorical("width", [32, 64])
    layers: list[nn.Module] = []
    for i in range(trial.suggest_int("depth", 1, 2)):
        kind = trial.suggest_categorical(f"layer{i}", ["lstm", "gru", "attention"])
        if kind == "attention":
            heads = trial.suggest_categorical(f"heads{i}", [1, 2, 4])
            layers.append(
                nn.TransformerEncoderLayer(width, heads, 2 * width, dropout=0.0, batch_first=True)
            )
        else:
            layers.append(Recurrent(nn.LSTM if kind == "lstm" else nn.GRU, width))
    mean = trial.suggest_categorical("mean", [False, True])
    rows = (data.resolution, data.channels * data.resolution)
    return Reader(rows, layers, nn.Linear(width, data.classes), mean)


data = nas.load_dataset("digits")
space = nas.own_space(build, data.task, name="rows")
result = nas.search(space, data, n_trials=24, finalists=2, max_epochs=10)
print(f"{result.trials.complete} architectures scored, {result.trials.duplicates} met again")
print(f"best: {result.best.architecture}, test accuracy {result.best.test_accuracy:.1%}")
