from __future__ import annotations

import json
import math
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

from nas.study.record.generation_note import generation_note, missing_trials
from tests.nas.study.study_toys import toy_score
from tests.nas.study.test_durability import search

if TYPE_CHECKING:
    from pathlib import Path


def test_trials_come_back_from_the_text_of_a_note() -> None:
    distributions = {
        "kernel": CategoricalDistribution((1, "a", None)),
        "depth": IntDistribution(1, 3),
    }
    trials = [
        create_trial(
            values=[-math.inf, 2.5],
            params={"kernel": None, "depth": 2},
            distributions=distributions,
            user_attrs={"hash": "ab", "params": 12},
            system_attrs={"constraints": {"params<=9": 3.0}},
        ),
        create_trial(state=TrialState.FAIL, user_attrs={"reason": "no"}),
    ]
    note = json.loads(json.dumps(generation_note(7, trials, {"seconds": {"search": 1.0}})))
    assert missing_trials(note, 7) == trials
    assert missing_trials(note, 8) == trials[1:]
    assert missing_trials(note, 9) == []


class Killed(BaseException):
    """Stands for the end of the process."""


class ForeignStorage(JournalStorage):
    """A storage that writes each entry at once, and ends the process at one of them."""

    def __init__(self, path: Path, last: float = math.inf) -> None:
        super().__init__(JournalFileBackend(str(path)))
        self._last = last
        self._numbers = count()

    def create_new_trial(self, *args: Any, **more: Any) -> int:
        self._count()
        return super().create_new_trial(*args, **more)

    def set_study_user_attr(self, *args: Any, **more: Any) -> None:
        self._count()
        super().set_study_user_attr(*args, **more)

    def _count(self) -> None:
        if next(self._numbers) == self._last:
            raise Killed


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What an undisturbed search finds."""
    return search(tmp_path_factory.mktemp("undisturbed") / "s.journal")


@pytest.mark.parametrize("last", [0, 1, 2, 3, 4, 5, 8, 11, 14, 17])
def test_a_search_that_ends_at_any_entry_is_completed_to_the_same(
    last: int, found: list[Any], tmp_path: Path
) -> None:
    path = tmp_path / "foreign.journal"
    with pytest.raises(Killed):
        search(ForeignStorage(path, last), toy_score)
    assert search(ForeignStorage(path)) == found
