"""The moving average of the weights of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

if TYPE_CHECKING:
    from torch import Tensor, nn


def moving_average(module: nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of a module's weights (Polyak & Juditsky 1992).

    The decay rises to its value over the first steps, as min(decay, (1 + n) / (10 + n)) after n
    steps, so that a short training forgets its initial weights. Running statistics of batch norms
    are averaged with the weights they belong to.

    Args:
        module: The module in training; the average is a copy of it.
        decay: Weight of the earlier average in each step.
    """

    def average(
        averages: tuple[Tensor, ...] | list[Tensor],
        current: tuple[Tensor, ...] | list[Tensor],
        count: Tensor | int,
    ) -> None:
        number = int(count)
        get_ema_multi_avg_fn(min(decay, (1 + number) / (10 + number)))(averages, current, count)

    return AveragedModel(module, multi_avg_fn=average, use_buffers=True)
