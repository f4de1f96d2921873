"""Costs of architectures, computed before any tensor is allocated."""

from nas.analysis.complexity import Complexity, complexity
from nas.analysis.cost import Cost, cost

__all__ = ["Complexity", "Cost", "complexity", "cost"]
