"""Architectures that were answered before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.study.answer import answer_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optuna.trial import FrozenTrial

    from nas.study.answer import Answer


class AnswerCache:
    """Answers by canonical hash, and the notations met so far.

    Two notations may share a hash (isomorphic networks), so the number of notations is what a
    space of known size runs out of. What could not be built has no hash and is known by its
    notation.
    """

    def __init__(self, trials: Iterable[FrozenTrial] = ()) -> None:
        self._answers: dict[str, Answer] = {}
        self._notations: set[str] = set()
        for trial in trials:
            self.learn(trial)

    def learn(self, trial: FrozenTrial) -> None:
        """Remember what a finished trial was told."""
        notation = trial.user_attrs["architecture"]
        self._notations.add(notation)
        self._answers.setdefault(trial.user_attrs.get("hash", notation), answer_of(trial))

    def get(self, identity: str) -> Answer | None:
        """The answer for the architecture of that hash, if there is one."""
        return self._answers.get(identity)

    @property
    def notations(self) -> int:
        """Number of different notations met."""
        return len(self._notations)

    def __contains__(self, identity: object) -> bool:
        return identity in self._answers

    def __len__(self) -> int:
        return len(self._answers)
