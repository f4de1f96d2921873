from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.nas.study.study_toys import toy_search

if TYPE_CHECKING:
    from nas.study.result import SearchResult


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """A finished search with two probes; tests must not change its folder."""
    folder = tmp_path_factory.mktemp("runs") / "searched"
    return toy_search(folder, n_trials=16, finalists=6, founders=4)
