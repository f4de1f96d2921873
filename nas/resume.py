"""Resuming: whether two runs are the same, and the state of a training on disk.

The state of a training is its weights, its optimiser's state and its progress. Learning rates are
a function of the step, and each epoch or step derives its generator from the seed and its number,
so neither is stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nas.files import parse_json, read_tensors, write_tensors

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import Tensor, nn

    from nas.files import Refusal

_PROGRESS = "progress"
"""Entry of the file's head that holds the progress as JSON."""

_MODEL = "model"
_MOMENTS = ("momentum_buffer", "exp_avg", "exp_avg_sq", "step")
"""State that an optimiser keeps for a parameter."""


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """The settings in which two runs differ, with both values; empty if they are the same.

    Example:
        >>> difference({"seed": 0, "config": {"epochs": 3, "lr": 0.1}},
        ...            {"seed": 0, "config": {"epochs": 9, "lr": 0.1}})
        'another config: {"epochs": 3}, not {"epochs": 9}'
    """
    return "; ".join(
        f"{'other' if key.endswith('s') else 'another'} {key}: "
        f"{_short(_differing(before.get(key), value))}, "
        f"not {_short(_differing(value, before.get(key)))}"
        for key, value in now.items()
        if before.get(key) != value
    )


def check_same(
    before: Mapping[str, Any], now: Mapping[str, Any], made: str, refused: Refusal
) -> None:
    """Refuse to resume a run by another one.

    Args:
        before: Settings of the earlier run, as JSON values.
        now: Settings of this run; keys that only the earlier run has are ignored.
        made: The result of the earlier run, for the message (``"the run in 'runs/a'"``).
        refused: Makes the error.

    Raises:
        NasError: That of ``refused``: they differ; the message names all differences.
    """
    differing = difference(before, now)
    if differing:
        raise refused(f"{made} was made with {differing}")


@dataclass(frozen=True, eq=False)
class TrainingState:
    """The state of a training as read from a file.

    Attributes:
        tensors: Of the model, the optimiser, and others, by name.
        progress: The JSON object written beside them.
        refused: Makes the error where they do not fit.
    """

    tensors: Mapping[str, Tensor]
    progress: Mapping[str, Any]
    refused: Refusal

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors that were written under a name; empty if there are none."""
        prefix = f"{name}."
        return {
            key.removeprefix(prefix): tensor
            for key, tensor in self.tensors.items()
            if key.startswith(prefix)
        }

    def load_into(self, module: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Load weights and optimiser state.

        Raises:
            NasError: That of ``refused``: they are of another module.
        """
        try:
            module.load_state_dict(self.part(_MODEL))
        except RuntimeError as error:
            raise self.refused(str(error).partition("\n")[0]) from None
        for moment in _MOMENTS:
            remembered = self.part(moment)
            for name, parameter in module.named_parameters():
                if name not in remembered:
                    continue
                if remembered[name].shape not in (parameter.shape, ()):
                    raise self.refused(
                        f"the {moment} of {name!r} has shape {tuple(remembered[name].shape)}"
                    )
                optimiser.state[parameter][moment] = remembered[name]


def write_state(
    file: Path,
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    progress: Mapping[str, Any],
    **others: Mapping[str, Tensor],
) -> None:
    """Write the state of a training atomically.

    Args:
        file: A safetensors file.
        module: The module in training.
        optimiser: SGD or a form of Adam over its parameters.
        progress: A JSON object: the settings of the training, and how far it is.
        **others: Further tensors, see :meth:`TrainingState.part`.
    """
    moments = {
        moment: {
            name: optimiser.state[parameter][moment]
            for name, parameter in module.named_parameters()
            if optimiser.state.get(parameter, {}).get(moment) is not None
        }
        for moment in _MOMENTS
    }
    parts = {_MODEL: module.state_dict(), **moments, **others}
    tensors = {
        f"{part}.{name}": tensor
        for part, content in parts.items()
        for name, tensor in content.items()
    }
    write_tensors(file, tensors, {_PROGRESS: json.dumps(progress)})


def read_state(file: Path, refused: Refusal, device: torch.device | str = "cpu") -> TrainingState:
    """Read what :func:`write_state` wrote.

    Raises:
        NasError: That of ``refused``: the file is missing or corrupt.
    """
    tensors, texts = read_tensors(file, refused, device)
    return TrainingState(tensors, parse_json(texts.get(_PROGRESS, ""), dict, refused), refused)


def _differing(value: Any, other: Any) -> Any:
    """A value without the entries that are the same in another one."""
    if not (isinstance(value, Mapping) and isinstance(other, Mapping)):
        return value
    return {
        key: _differing(entry, other.get(key))
        for key, entry in value.items()
        if key not in other or other[key] != entry
    }


def _short(value: Any) -> str:
    return "none" if value is None else json.dumps(value, default=str)
