"""Ranking of architectures without training."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from nas.analysis.cost import Cost, cost
from nas.analysis.figure import known_from
from nas.errors import ConfigError, counted, described
from nas.evaluate.measured_elsewhere import ScoringMaterial, measured_elsewhere
from nas.evaluate.named import data_of, predictor_of, space_of
from nas.evaluate.scorer import Estimate, Failure, ScoreConfig, Scorer
from nas.events import ignore, stage
from nas.execution.crew import crew
from nas.seeding import rng
from nas.space.candidate import Candidate, candidate
from nas.space.candidate import sample as draw
from nas.training.device import resolve_device

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.evaluate.named import UserData
    from nas.events import Listener
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.own_space import Build
    from nas.space.search_space import SearchSpace

_GENERATION = 32
"""Candidates scored as one batch, as in a search."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranked:
    """An architecture with its figures.

    Attributes:
        candidate: The architecture.
        estimate: Its figures with predicted weights; None if it could not be scored.
        reason: Why it could not be scored.
        cost: Its cost at full size.
        position: Its place in the order given or drawn, from 0.
    """

    candidate: Candidate
    estimate: Estimate | None
    reason: str | None
    cost: Cost
    position: int

    @property
    def architecture(self) -> str:
        """The architecture in the notation of its space."""
        return self.candidate.architecture

    @property
    def score(self) -> float | None:
        """The figure it is ranked by; None if it could not be scored."""
        return None if self.estimate is None else self.estimate.score

    def to_dict(self) -> dict[str, Any]:
        """The figures as a JSON object; null where unknown."""
        known = {} if self.estimate is None else asdict(self.estimate)
        return {
            "architecture": self.architecture,
            **dict.fromkeys(known_from("weights")),
            "reason": self.reason,
            "params": self.cost.params,
            "macs": self.cost.macs,
            **known,
        }


def rank(
    space: str | SearchSpace | type[SearchSpace] | Build,
    data: UserData,
    predictor: str | Path | WeightPredictor | None = None,
    archs: Sequence[str | Candidate] | None = None,
    *,
    sample: int | None = None,
    scoring: ScoreConfig | None = None,
    seed: int = 0,
    device: str = "auto",
    executor: Executor | None = None,
    listen: Listener = ignore,
) -> list[Ranked]:
    """Rank architectures by their score with predicted weights, the best first.

    Those that could not be scored come last.

    Args:
        space: A space at full size, its name, a class or a function, as :func:`nas.search` takes
            it; the predictor's card sets the size at which candidates are scored.
        data: A data set of the space's task, its name or path, a map-style data set of torch, or a
            ``Data`` of torch-geometric.
        predictor: A hypernetwork, or its name or directory; by default the shipped one that fits.
            A torch module is moved to the device.
        archs: Candidates of the space, or architectures in its notation.
        sample: Number of distinct architectures to draw, in place of ``archs``.
        scoring: Amount of data for scoring candidates.
        seed: Seed of the sample.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:<index>``.
        executor: Scores in its workers, such as ``nas.execution.Workers(4)``; by default this
            process does. The result does not depend on it.
        listen: Receives events of the progress.

    Raises:
        ConfigError: Both ``archs`` and ``sample`` are given, or neither; the space has fewer
            architectures; or space, data and predictor do not fit.
        EncodingError: An architecture is not in the space.
    """
    if (archs is None) == (sample is None):
        raise ConfigError("give either architectures, or the number of a sample")
    found_data = data_of(data, listen)
    found_space = space_of(space, found_data.task)
    if archs is None:
        candidates = distinct(found_space, sample or 0, seed)
    else:
        candidates = _read(found_space, archs)
    weights = predictor_of(predictor, found_space, found_data, listen)
    scoring = scoring or ScoreConfig()
    estimates: list[Estimate | Failure] = []
    with ExitStack() as stack:
        place = resolve_device(device)
        scorer = _scorer(weights, found_data, scoring, place, executor, stack, listen)
        at_once = _GENERATION if executor is None else len(candidates)
        progress = stack.enter_context(stage(listen, "rank", len(candidates)))
        for first in range(0, len(candidates), at_once):
            for estimate in scorer.one_by_one(candidates[first : first + at_once]):
                estimates.append(estimate)
                progress.advance(len(estimates), per_second=len(estimates) / progress.elapsed)
    ranked = [
        Ranked(
            candidate=one,
            estimate=None if isinstance(estimate, Failure) else estimate,
            reason=estimate.reason if isinstance(estimate, Failure) else None,
            cost=cost(one.network),
            position=position,
        )
        for position, (one, estimate) in enumerate(zip(candidates, estimates, strict=True))
    ]
    return sorted(ranked, key=_by_score)


def distinct(space: SearchSpace, number: int, seed: int = 0) -> list[Candidate]:
    """Random candidates with different notations; some of them may be isomorphic.

    Raises:
        ConfigError: The space has fewer architectures.
    """
    size = space.size()
    if size is not None and number > size:
        raise ConfigError(
            f"space {space.name!r} has {counted(size, 'architecture')}, fewer than {number}"
        )
    source = rng(seed, "rank")
    found: dict[str, Candidate] = {}
    while len(found) < number:
        drawn = draw(space, source)
        found.setdefault(drawn.architecture, drawn)
    return list(found.values())


def _scorer(
    weights: WeightPredictor,
    data: Dataset,
    scoring: ScoreConfig,
    device: torch.device,
    executor: Executor | None,
    stack: ExitStack,
    listen: Listener,
) -> Scorer:
    """A scorer in this process, or one of workers that are released with the stack."""
    if executor is None:
        if isinstance(weights, torch.nn.Module):
            weights.to(device)
        return Scorer(weights, data, scoring, device=device)
    material = ScoringMaterial(
        predictor=weights,
        data=data,
        scoring=replace(scoring, workers=1),
        device=device,
    )
    workers = stack.enter_context(
        crew(executor, material, "the data or hypernetwork", listen=listen)
    )
    return Scorer(weights, data, scoring, measure=partial(measured_elsewhere, workers))


def _read(space: SearchSpace, archs: Sequence[str | Candidate]) -> list[Candidate]:
    if not isinstance(archs, list | tuple):
        raise ConfigError(f"expected a list of architectures, got {described(archs)}")
    return [one if isinstance(one, Candidate) else candidate(space, one) for one in archs]


def _by_score(ranked: Ranked) -> tuple[bool, float]:
    """Sort key: higher scores first, failures last."""
    return ranked.score is None, -(ranked.score or 0.0)
