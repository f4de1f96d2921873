"""Graphs as running programs: a torch module, or a function of outside parameters."""

from nas.compile.apply import apply, calibrate
from nas.compile.module import to_module

__all__ = ["apply", "calibrate", "to_module"]
