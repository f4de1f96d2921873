"""How a network is measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from nas.config import check_kinds
from nas.errors import ConfigError

COMMAND = "command"
"""The runner that runs a command of the user."""


@dataclass(frozen=True, kw_only=True)
class MeasureConfig:
    """Settings of a measurement; measurements with equal settings can be compared.

    Attributes:
        runner: What runs the network: a name in :data:`nas.measure.runners.runner.RUNNERS`.
        device: Where it runs: ``auto``, ``cpu``, ``cuda`` or ``cuda:<index>``; for a command, the
            name under which its device is recorded.
        batch: Samples in a run; on a graph its nodes.
        threads: Threads on the CPU.
        warmup: Runs before those that are timed.
        repeats: Fewest timed runs; fast networks are run for a third of a second.
        timeout: Seconds that a command has for one run.
        command: The command of the user, see :mod:`nas.measure.runners.command`.

    Raises:
        ConfigError: A value is out of range, or command and runner do not fit together.
    """

    runner: str = "eager"
    device: str = "auto"
    batch: int = 1
    threads: int = 1
    warmup: int = 5
    repeats: int = 30
    timeout: float = 600.0
    command: str = ""

    def __post_init__(self) -> None:
        if self.command and self.runner == "eager":
            object.__setattr__(self, "runner", COMMAND)
        check_kinds(self)
        for name in ("batch", "threads", "repeats"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.warmup < 0:
            raise ConfigError(f"warmup must not be negative, got {self.warmup}")
        if not self.timeout > 0:
            raise ConfigError(f"timeout must be positive, got {self.timeout:g} seconds")
        if (self.runner == COMMAND) != bool(self.command):
            raise ConfigError(
                f"a command is for the runner {COMMAND!r}, got runner {self.runner!r} and command "
                f"{self.command!r}",
                hint='Give the command alone: --measure "./bench {model.onnx}".',
            )

    def identity(self) -> dict[str, Any]:
        """The settings on which a measured value depends, fit for JSON."""
        return {name: value for name, value in asdict(self).items() if name != "timeout"}
