"""Published sizes of networks."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "golden" / "zoo_params.json"


@cache
def golden(family: str) -> dict[str, int]:
    """Number of parameters by network."""
    params: dict[str, int] = json.loads(FILE.read_text())[family]["params"]
    return params
