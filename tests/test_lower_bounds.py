"""``constraints-lowest.txt`` holds the lower bound of every package that users may install."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
TOOLS = {"dev", "docs", "zoo"}
"""Extras for those who work on this package."""
FIXED = {"torch"}


def version_of(requirement: Requirement) -> Version:
    (bound,) = requirement.specifier
    return Version(bound.version)


def test_the_lowest_versions_are_the_lower_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    listed = [
        *project["dependencies"],
        *(line for extra in extras.keys() - TOOLS for line in extras[extra]),
    ]
    asked = [one for line in listed if (one := Requirement(line)).name not in FIXED]
    assert all(str(one.specifier).startswith(">=") for one in asked)
    lines = (ROOT / "constraints-lowest.txt").read_text().splitlines()
    lowest = [Requirement(line) for line in lines if not line.startswith("#")]
    assert {one.name: version_of(one) for one in lowest} == {
        one.name: version_of(one) for one in asked
    }
    assert [one.name for one in lowest] == sorted(one.name for one in lowest)
