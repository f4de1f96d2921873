"""How a search is asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError
from nas.evaluate.scorer import ScoreConfig
from nas.study.objectives import Objective
from nas.study.samplers.registry import SAMPLERS
from nas.study.storage import describe

if TYPE_CHECKING:
    from pathlib import Path

    from nas.study.constraints import Constraint
    from nas.study.storage import StorageLike


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """All settings of :func:`nas.search`, checked; see there."""

    n_trials: int = 1000
    objectives: tuple[Objective, ...] = (Objective("score", "maximize"),)
    constraints: tuple[Constraint, ...] = ()
    sampler: str = "evolution"
    storage: StorageLike | None = None
    study_name: str | None = None
    seed: int = 0
    generation: int = 32
    timeout: float | None = None
    finalists: int = 3
    finalist_epochs: int = 3
    max_epochs: int = 30
    scoring: ScoreConfig = field(default_factory=ScoreConfig)
    out: Path | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        for name in ("n_trials", "generation", "finalist_epochs"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("finalists", "max_epochs"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must not be negative, got {getattr(self, name)}")
        if self.timeout is not None and self.timeout <= 0:
            raise ConfigError(f"timeout must be positive, got {self.timeout:g} seconds")
        SAMPLERS.get(self.sampler)

    def to_dict(self) -> dict[str, Any]:
        """The settings as a JSON object, without passwords."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {
            "objectives": [str(objective) for objective in self.objectives],
            "constraints": [str(constraint) for constraint in self.constraints],
            "storage": None if self.storage is None else describe(self.storage),
            "scoring": asdict(self.scoring),
            "out": None if self.out is None else str(self.out),
        }
