"""What an architecture costs, known before any tensor is allocated."""

from nas.analysis.cost import Cost, cost

__all__ = ["Cost", "cost"]
