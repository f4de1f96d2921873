"""Distillation: a network also learns the outputs of a teacher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.errors import ConfigError
from nas.files import digest
from nas.modules.classifier import first_tensor
from nas.training.device import channels_last_for

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.task.batch import Inputs


@dataclass(frozen=True, eq=False)
class Teacher:
    """A trained network whose outputs another one learns.

    Attributes:
        module: Maps samples to class scores (rows, classes); in evaluation mode.
        identity: Equal for equal weights.
    """

    module: nn.Module
    identity: str

    @classmethod
    def of(cls, module: nn.Module, data: Dataset) -> Teacher:
        """A teacher for a data set.

        Raises:
            ConfigError: It does not run on the samples, or gives outputs of another shape.
        """
        module = module.eval().requires_grad_(False)
        samples = data.train.spread(2).whole()
        expected = (len(samples.labels), data.task.classes)
        teacher = cls(module, digest(dict(module.state_dict())))
        try:
            found = tuple(teacher.outputs(samples.inputs).shape)
        except Exception as error:  # the module may be user code
            reason = str(error).partition("\n")[0]
            raise ConfigError(
                f"the teacher does not run on samples of {data.name!r}: {reason}"
            ) from None
        if found != expected:
            raise ConfigError(
                f"the teacher should map samples of {data.name!r} to outputs {expected}, "
                f"got {found}",
                hint="Name a network that was trained on this data set.",
            )
        return teacher

    @torch.no_grad()
    def outputs(self, inputs: Inputs) -> Tensor:
        """Class scores (rows, classes) for a batch."""
        return first_tensor(self.module(*channels_last_for(self.module, inputs))).float()


def distillation_loss(outputs: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """Divergence of a network's classes from its teacher's, at a temperature.

    It is the Kullback-Leibler divergence of the softened probabilities, times the square of the
    temperature, which keeps the size of the gradients (Hinton et al. 2015, Distilling the
    Knowledge in a Neural Network, §2).

    Args:
        outputs: Scores of the network: (rows, classes).
        taught: Scores of the teacher: (rows, classes).
        temperature: By which both are divided.
    """
    own, other = (F.log_softmax(scores / temperature, 1) for scores in (outputs, taught))
    return temperature**2 * F.kl_div(own, other, reduction="batchmean", log_target=True)
