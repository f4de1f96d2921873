"""The optimiser of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import nn

    from nas.training.config import TrainConfig


def make_optimiser(module: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser of a configuration over all parameters of a module.

    Without ``decay_norms`` weight decay acts on matrices and kernels only, since it pulls scales
    of norms and biases to zero without regularising (He et al. 2019, Bag of Tricks, §3.1).
    """
    groups: Any = list(module.parameters())
    if not config.decay_norms:
        vectors = [parameter for parameter in groups if parameter.dim() < 2]
        others = [parameter for parameter in groups if parameter.dim() >= 2]
        groups = [{"params": others}, {"params": vectors, "weight_decay": 0.0}]
    if config.optimiser == "sgd":
        return torch.optim.SGD(
            groups,
            lr=config.lr,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
            nesterov=config.momentum > 0,
        )
    kind = torch.optim.AdamW if config.optimiser == "adamw" else torch.optim.Adam
    return kind(groups, lr=config.lr, weight_decay=config.weight_decay)
