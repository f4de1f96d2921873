"""A trial of Optuna in the form that spaces take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nas.space.choices import Choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optuna.trial import BaseTrial


@dataclass(frozen=True, eq=False)
class AskedTrial:
    """Suggests a space's own choices; Optuna stores them as scalars.

    Attributes:
        trial: Optuna's trial.
    """

    trial: BaseTrial

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """One of the choices."""
        found = Choices.of(name, choices)
        return found.meant_by(self.trial.suggest_categorical(name, found.kept.choices))

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """A whole number in [low, high]."""
        return self.trial.suggest_int(name, low, high, step=step, log=log)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """A number in [low, high]."""
        return self.trial.suggest_float(name, low, high, step=step, log=log)
