"""Successive halving: short trainings of many architectures, longer ones of the best."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from nas.errors import TrainingError, counted
from nas.events import Leaders, Noted, stage
from nas.study.finalists.contender import Contender
from nas.study.selection.pareto import by_training

if TYPE_CHECKING:
    from nas.events import Listener
    from nas.study.finalists.rungs import Rung
    from nas.study.finalists.trainings import Finalist, FullyTrained, Trainings
    from nas.study.goals.objectives import Objective

Select = Callable[[Mapping[int, float | None]], Contender | None]
"""Chooses the next contender of the first rung, or None, from the earlier trainings: accuracies by
number of the trial, in the order of training, None where the training failed."""

Tried = dict[int, float | None]

SUBSTITUTES = 5
"""Number of further architectures to try if all finalists fail."""

_SHOWN = 5

_WHEN_ALL_FAIL = "No other finalist is left; ask for more, or look for a cause they share."


@dataclass(frozen=True)
class HalvingResult:
    """The finalists of each rung, best first."""

    rungs: tuple[tuple[Finalist, ...], ...] = ()

    @property
    def first_rung(self) -> tuple[Finalist, ...]:
        """The finalists of the first rung; empty if nothing was trained."""
        return self.rungs[0] if self.rungs else ()

    @property
    def standing(self) -> tuple[Finalist, ...]:
        """Each finalist once, with its highest rung; the best of the highest rung first."""
        found: dict[str, Finalist] = {}
        for rung in reversed(self.rungs):
            for finalist in rung:
                found.setdefault(finalist.contender.hash, finalist)
        return tuple(found.values())

    def trainings(self, contender: Contender) -> dict[int, Finalist]:
        """Trainings of a contender by their length."""
        return {
            finalist.epochs: finalist
            for rung in self.rungs
            for finalist in rung
            if finalist.contender.hash == contender.hash
        }

    def then(self, *rung: Finalist) -> HalvingResult:
        """This result with a further rung."""
        return HalvingResult((*self.rungs, rung))


class SuccessiveHalving:
    """Decides which contenders are trained longer (Jamieson & Talwalkar 2016).

    Args:
        trainings: Trains contenders and keeps the results.
        objectives: Objectives that decide, with the accuracies, which contenders enter a rung.
        start: The start of all trainings of the rungs.
        listen: Receives the events of the progress.
        is_over: Whether the time of a rung, counted from 1, is used up. The rung then ends before
            its next new training; the first one trains the rivals and two others in any case.
            None for no limit of time.
    """

    def __init__(
        self,
        trainings: Trainings,
        objectives: Sequence[Objective],
        start: str,
        listen: Listener,
        *,
        is_over: Callable[[int], bool] | None = None,
    ) -> None:
        self._trainings = trainings
        self._objectives = objectives
        self._start = start
        self._listen = listen
        self._is_over = is_over

    def run(
        self,
        select: Select,
        rungs: Sequence[Rung],
        rivals: Sequence[Contender] = (),
        planned: Sequence[Contender] = (),
    ) -> HalvingResult:
        """Train finalists rung by rung, fewer and longer on each.

        The first Pareto fronts of a rung enter the next one; the accuracy after training replaces
        the score in them. If a training fails, the next contender takes its place.

        Args:
            select: Chooses the architectures of the first rung, one after another.
            rungs: Sizes and epochs of the rungs; the first rung may hold fewer architectures.
            rivals: Further architectures of the first rung, trained before the others.
            planned: Architectures that ``select`` will choose first, whatever the accuracies; with
                workers, their trainings begin at once.

        Raises:
            TrainingError: All trainings of a rung failed.
        """
        if not rungs or not (rivals or select({})):
            return HalvingResult()
        tried: Tried = {}
        entering = self._entering(rivals, select, rungs[0], tried)
        size = rungs[0].size + len(rivals)
        least = len(rivals) + 2
        self._begin(1, [*rivals, *planned], rungs[0].epochs)
        trained = self._rung(1, size, rungs[0].epochs, entering, tried, least=least)
        result = HalvingResult((trained,))
        for number, (before, rung) in enumerate(pairwise(rungs), 2):
            share = math.ceil(len(result.rungs[-1]) * rung.size / before.size)
            if share == 1:  # the final training decides about one as well
                break
            in_line = [finalist.contender for finalist in result.standing]
            if self._is_too_late(number, in_line[0], rung.epochs):
                break
            size = min(rung.size, share)
            self._begin(number, in_line[:size], rung.epochs)
            entered = self._rung(number, size, rung.epochs, in_line, {}, least=1)
            result = result.then(*entered)
        return result

    def _entering(
        self, rivals: Sequence[Contender], select: Select, rung: Rung, tried: Tried
    ) -> Iterator[Contender]:
        """The rivals, then at most as many selected contenders as fit, each selected just in time.

        A few more are selected if all of them fail. Under a time limit one is selected for each
        worker, while the accuracies of those before it are not known: results depend on time then
        in any case.
        """
        yield from rivals
        ahead = 1 if self._is_over is None else self._trainings.parallel
        running: deque[Contender] = deque()
        place = 0
        while True:
            while place < rung.size + SUBSTITUTES and len(running) < ahead:
                enough = place >= rung.size and any(one is not None for one in tried.values())
                if enough or (running and not self._may_begin(1)):
                    break
                unknown = {one.number: None for one in running if one.number is not None}
                contender = select({**tried, **unknown})
                if contender is None:
                    break
                self._begin(1, [contender], rung.epochs)
                running.append(contender)
                place += 1
            if not running:
                return
            yield running.popleft()

    def _begin(self, number: int, contenders: Sequence[Contender], epochs: int) -> None:
        """Begin trainings of a rung, where workers can do them side by side and in time."""
        if self._may_begin(number):
            for contender in contenders:
                self._trainings.begin("finalist", contender, epochs, self._start)

    def _may_begin(self, number: int) -> bool:
        """Whether trainings may begin before their turn."""
        if self._is_over is None:
            return True
        return self._trainings.parallel > 1 and not self._is_over(number)

    def _is_too_late(self, number: int, first: Contender, epochs: int) -> bool:
        """Whether no time is left for a further rung; one of a single contender decides nothing.

        Trainings of earlier calls take no time.
        """
        if self._is_over is None:
            return False
        known = self._trainings.is_known("finalist", first, epochs, self._start)
        return not known and self._is_over(number)

    def train_best(self, contenders: Sequence[Contender], epochs: int) -> FullyTrained:
        """Train the first contender to the end; if that fails, the next one.

        Raises:
            TrainingError: All trainings failed.
        """
        for place, contender in enumerate(contenders, 1):
            try:
                return self._trainings.final(contender, epochs, self._start, self._listen)
            except TrainingError as error:
                text = f"The final training of {contender.name} was given up: {error.message}"
                if place == len(contenders):
                    raise TrainingError(text, hint=_WHEN_ALL_FAIL) from error
                self._listen(Noted(text=f"{text}; the next finalist takes its place."))
        raise AssertionError("there is nothing to train")

    def _rung(
        self,
        number: int,
        size: int,
        epochs: int,
        contenders: Iterable[Contender],
        tried: Tried,
        *,
        least: int,
    ) -> tuple[Finalist, ...]:
        """Train the first contenders whose training succeeds, as many as fit; best first.

        Args:
            number: Number of the rung, from 1.
            size: Number of contenders to train.
            epochs: Length of each training.
            contenders: Contenders in the order of training.
            tried: Receives the accuracy of each trial; None where the training failed.
            least: Number of contenders to train even if the time is over.
        """
        name, failure = f"rung {number}", ""
        trained: list[Finalist] = []
        steps = f"trainings of {counted(epochs, 'epoch')}"
        total = size if self._is_over is None else None
        with stage(self._listen, name, total, steps=steps) as progress:
            for contender in contenders:
                is_known = self._trainings.is_known("finalist", contender, epochs, self._start)
                is_spare = len(trained) >= least and not is_known
                if is_spare and self._is_over and self._is_over(number):
                    self._trainings.withdraw()  # what a worker has begun is finished
                    if not self._trainings.is_under_way(contender, epochs, self._start):
                        break
                try:
                    finalist = self._trainings.brief(contender, epochs, self._start, name)
                except TrainingError as error:
                    _note(tried, contender, None)
                    failure = f"{contender.name} was left out of {name}: {error.message}."
                    self._listen(Noted(text=failure))
                    continue
                _note(tried, contender, finalist.val_accuracy)
                trained.append(finalist)
                best = max(one.val_accuracy for one in trained)
                self._listen(_leaders(trained))
                progress.advance(
                    len(trained), val_accuracy=finalist.val_accuracy, best_val_accuracy=best
                )
                if len(trained) == size:
                    break
        self._trainings.withdraw()
        if failure and not trained:
            raise TrainingError(failure, hint=_WHEN_ALL_FAIL)
        accuracies = [finalist.val_accuracy for finalist in trained]
        figures = [finalist.contender.figures for finalist in trained]
        return tuple(trained[i] for i in by_training(figures, accuracies, self._objectives))


def _leaders(trained: Sequence[Finalist]) -> Leaders:
    """The best of a rung, for display."""
    order = sorted(trained, key=lambda one: -one.val_accuracy)[:_SHOWN]
    return Leaders(
        rows=tuple(
            {
                "rank": rank,
                "network": one.contender.name,
                "epochs": one.epochs,
                "val_accuracy": one.val_accuracy,
                "params": one.contender.figures["params"],
                "macs": one.contender.figures["macs"],
            }
            for rank, one in enumerate(order, 1)
        )
    )


def _note(tried: Tried, contender: Contender, accuracy: float | None) -> None:
    if contender.number is not None:
        tried[contender.number] = accuracy
