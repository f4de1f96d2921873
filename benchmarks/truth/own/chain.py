"""A define-by-run space in ordinary torch: a chain of blocks as a user may write one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

    from nas.space.trial import Trial
    from nas.task.task import Task


class Inverted(nn.Module):
    """An expansion, a depthwise convolution and a projection (Sandler et al. 2018)."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, expansion: int, stride: int
    ) -> None:
        super().__init__()
        inner = inputs * expansion
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.SiLU(),
            nn.Conv2d(inner, inner, kernel, stride, kernel // 2, groups=inner, bias=False),
            nn.BatchNorm2d(inner),
            nn.SiLU(),
            nn.Conv2d(inner, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class Dense(nn.Sequential):
    """A convolution over all channels."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.SiLU(),
        )


def build(trial: Trial, task: Task) -> nn.Module:
    """Three to seven blocks, of which two halve the resolution, and a linear head."""
    width = trial.suggest_categorical("stem", [8, 12, 16])
    layers: list[nn.Module] = [Dense(task.channels, width, 3, 1)]
    depth = trial.suggest_int("depth", 3, 7)
    reduced = {depth // 3, 2 * depth // 3}
    for index in range(depth):
        kind = trial.suggest_categorical(f"kind{index}", ["dense", "inverted"])
        kernel = trial.suggest_categorical(f"kernel{index}", [3, 5])
        stride = 2 if index in reduced else 1
        outputs = round(width * (1.5 if stride == 2 else 1))
        if kind == "dense":
            layers.append(Dense(width, outputs, kernel, stride))
        else:
            expansion = trial.suggest_categorical(f"expansion{index}", [2, 4])
            layers.append(Inverted(width, outputs, kernel, expansion, stride))
        width = outputs
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, task.classes)
    )
