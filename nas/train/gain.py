"""What predicted weights gain over default ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.events import Listener, ignore
from nas.train.fine_tune import FineTuned, fine_tune

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.train.config import TrainConfig


@dataclass(frozen=True)
class Gain:
    """The same short training from predicted and from default weights."""

    steps: int
    predicted: FineTuned
    default: FineTuned


def measure_gain(
    module: nn.Module,
    default: Mapping[str, Tensor],
    data: Dataset,
    steps: int,
    *,
    config: TrainConfig | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
) -> Gain:
    """Train a module from its default weights, and again from the predicted ones it has.

    Both trainings are those of :func:`nas.train.fine_tune.fine_tune` and see the same batches. The
    module is left as the second one made it.

    Args:
        module: With predicted weights.
        default: Its state without them.
        data: What it learns from.
        steps: Batches in each training.
        config: Rates.
        seed: Of everything random in a training.
        device: Where the module is.
        listen: Hears of every step.

    Raises:
        TrainingError: A loss is no longer finite.
    """
    predicted = {name: tensor.clone() for name, tensor in module.state_dict().items()}

    def result(state: Mapping[str, Tensor], kind: str) -> FineTuned:
        module.load_state_dict(state)
        title = f"train from {kind} weights"
        return fine_tune(
            module,
            data,
            steps,
            config=config,
            seed=seed,
            device=device,
            listen=listen,
            title=title,
        )

    of_default = result(default, "default")
    return Gain(steps, result(predicted, "predicted"), of_default)
