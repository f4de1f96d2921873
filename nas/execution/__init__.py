"""Work in other processes and on other machines, through the standard executor contract."""

from nas.execution.workers import Workers

__all__ = ["Workers"]
