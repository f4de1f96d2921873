"""The facts that a listing of all spaces shows.

Making the spaces imports torch, which takes seconds, so the facts are kept in a file beside the
code: ``python -m search_spaces.listing`` writes it anew, and a test compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.files import write_json
from search_spaces.registry import SPACES, get
from search_spaces.usual_task import usual_task

if TYPE_CHECKING:
    from nas.space.search_space import SearchSpace

FILE = Path(__file__).with_name("listing.json")


def facts(space: SearchSpace) -> dict[str, Any]:
    """Name, description, source, number of architectures and macro sizes of a space."""
    return {
        "name": space.name,
        "description": space.description,
        "source": space.source,
        "architectures": space.size(),
        "macro": space.macro(),
    }


def listing() -> dict[str, Any]:
    """The facts of all registered spaces, each for its usual task, by name."""
    return {name: facts(get(name, usual_task(SPACES.get(name)))) for name in SPACES}


if __name__ == "__main__":
    write_json(FILE, listing())
