"""The final trainings of a search."""

from __future__ import annotations

from itertools import dropwhile
from typing import TYPE_CHECKING

from nas.errors import TrainingError
from nas.events import Noted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from nas.events import Listener
    from nas.study.finalists.contender import Contender
    from nas.study.finalists.start_policy import StartPolicy
    from nas.study.finalists.successive_halving import SuccessiveHalving
    from nas.study.finalists.trainings import FullyTrained, Trainings

_CHEAP = 0.2
"""A further start is tried if its training adds at most this share to those of the rungs."""


class FinalRound:
    """Trains the best finalist to the end, and the best of its rivals.

    Short trainings rank with errors: a finalist may lead a rival only after them, or a rival a
    finalist. So the best of both groups are compared after trainings of full length, however far
    one leads before; see ``benchmarks/end_to_end``. Time limits do not prevent this.

    Args:
        trainings: Trains and keeps the results.
        halving: Replaces a finalist after a failed final training.
        starts: Initial weights of the trainings.
        may_compare: Whether a budget allows the training of the other group's best.
        may_train: Whether a new training from another start is allowed after a number of them.
        listen: Receives the events of the progress.
    """

    def __init__(
        self,
        trainings: Trainings,
        halving: SuccessiveHalving,
        starts: StartPolicy,
        *,
        may_compare: bool,
        may_train: Callable[[int], bool],
        listen: Listener,
    ) -> None:
        self._trainings = trainings
        self._halving = halving
        self._starts = starts
        self._may_compare = may_compare
        self._may_train = may_train
        self._listen = listen

    def run(
        self,
        leaders: Sequence[Contender],
        reserve: Sequence[Contender],
        rivals: Collection[str],
        epochs: int,
        spent: int,
    ) -> tuple[FullyTrained, ...]:
        """All final trainings, the one of the best finalist first.

        Args:
            leaders: The finalists that may win, best first.
            reserve: Further architectures, used if the training of all leaders fails.
            rivals: Hashes of the rivals of the search.
            epochs: Length of the trainings.
            spent: Epochs of all trainings before.

        Raises:
            TrainingError: No leader could be trained.
        """
        self._begin(leaders, rivals, epochs, spent)
        first = self._halving.train_best([*leaders, *reserve], epochs)
        trained = [first]
        others = _others(first.contender, leaders, rivals)
        for contender, start in self._further(first.contender, others, epochs, spent):
            is_known = self._trainings.is_known("final", contender, epochs, start)
            if not is_known:
                compares = contender is not first.contender
                if not (self._may_compare if compares else self._may_train(len(trained))):
                    continue
                self._announce(contender, first.contender)
            try:
                trained.append(self._trainings.final(contender, epochs, start, self._listen))
            except TrainingError as error:
                text = f"The final training of {contender.name} failed: {error.message}."
                self._listen(Noted(text=text))
        return tuple(trained)

    def _begin(
        self, leaders: Sequence[Contender], rivals: Collection[str], epochs: int, spent: int
    ) -> None:
        """Begin all trainings that will follow if none fails, where workers can do them."""
        first = leaders[0]
        self._trainings.begin("final", first, epochs, self._starts.usual)
        others = _others(first, leaders, rivals)
        for count, (one, start) in enumerate(self._further(first, others, epochs, spent), 1):
            if self._may_compare if one is not first else self._may_train(count):
                self._trainings.begin("final", one, epochs, start)

    def _further(
        self,
        first: Contender,
        others: Sequence[Contender],
        epochs: int,
        spent: int,
    ) -> Iterator[tuple[Contender, str]]:
        """The trainings that may bring a better model: architecture and start of each."""
        for other in others:
            yield other, self._starts.usual
        if epochs <= _CHEAP * spent:
            for start in self._starts.further:
                yield first, start

    def _announce(self, contender: Contender, first: Contender) -> None:
        if contender is not first:
            text = f"{contender.name} is trained to the end too, to be compared with {first.name}."
            self._listen(Noted(text=text))


def _others(
    first: Contender, leaders: Sequence[Contender], rivals: Collection[str]
) -> list[Contender]:
    """The best leader behind the first that is a rival where the first is none, or the reverse."""
    behind = dropwhile(lambda one: one.hash != first.hash, leaders)
    return [one for one in behind if (one.hash in rivals) != (first.hash in rivals)][:1]
