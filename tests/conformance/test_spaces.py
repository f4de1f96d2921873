"""Every registered space satisfies the contract."""

from __future__ import annotations

from nas.task.task import Task
from nas.testing.search_space import SearchSpaceConformance
from search_spaces.registry import SPACES, get, names
from tests.search_spaces.tasks import is_for_nodes, small_task

LARGER = Task(classes=10, channels=1, resolution=16)


class TestSpaces(SearchSpaceConformance):
    @staticmethod
    def spaces():
        return [_full(name) for name in names()]

    @staticmethod
    def proxy(space):
        """The sizes that suit images of another resolution, or those of its proxy."""
        if is_for_nodes(space.name):
            return space.at(**space.proxy_sizes())
        return space.at(resolution=LARGER.resolution, **type(space).macro_for(LARGER))


def _full(name):
    """A space larger than its proxy."""
    task = small_task(name)
    return SPACES.get(name)(task=task) if is_for_nodes(name) else get(name, task)


def test_no_space_is_missed() -> None:
    assert {type(space) for space in TestSpaces.spaces()} == {SPACES.get(name) for name in SPACES}
