"""Search for an architecture: the whole of it, from a question to a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nas.evaluate.scorer import ScoreConfig
from nas.events import ignore
from nas.study.goals.constraints import parse_constraints
from nas.study.goals.objectives import parse_objectives
from nas.study.search_config import SearchConfig
from nas.study.search_run import run_search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import SearchSpace
    from nas.study.record.storage import StorageLike
    from nas.study.result import SearchResult


def search(
    space: SearchSpace,
    data: Dataset,
    predictor: WeightPredictor,
    n_trials: int = 1000,
    *,
    objectives: str | Sequence[str] = ("score:max",),
    constraints: str | Sequence[str] = (),
    sampler: str = "evolution",
    storage: StorageLike | None = None,
    study_name: str | None = None,
    seed: int = 0,
    generation: int = 32,
    timeout: float | None = None,
    finalists: int | None = None,
    finalist_epochs: int | None = None,
    max_epochs: int | None = None,
    reduction: int = 3,
    budget: float | None = None,
    scoring: ScoreConfig | None = None,
    out: Path | str | None = None,
    device: str = "auto",
    listen: Listener = ignore,
) -> SearchResult:
    """Find architectures by scoring them with predicted weights, and train the best.

    Generations of candidates are asked of a sampler, scored as one batch, told, and recorded
    before the next one begins. Then ``finalists`` are trained briefly, from predicted weights
    unless default ones serve the first of them better: the best in rank, a few probes that tell
    how far the ranking can be trusted, and what ranks best in the light of those already trained;
    see :class:`nas.study.selection.chooser.Chooser`. On a graph, where that proves unreliable,
    children of the best follow; see :class:`nas.study.selection.breeder.Breeder`. Of these the
    best are trained longer, again and again, and the best of the last ones to the end; it
    meets the test split once. With objectives such as ``params`` those of the best Pareto fronts
    climb, by the accuracy they have reached. The same call again goes on where the last one
    stopped, or was killed.

    Args:
        space: At full size; the predictor's card says at which size candidates are scored.
        data: The data set of the space's task.
        predictor: Predicts the weights; a torch module is moved to the device.
        n_trials: Distinct candidates that shall reach a score, earlier calls included.
        objectives: ``NAME:max|min``: score, accuracy, loss, brier, naswot, or what constraints
            can name.
        constraints: ``NAME<=NUMBER`` or ``NAME>=NUMBER`` on params, macs, activation_bytes,
            layers, shortest_path, mean_path.
        sampler: Name of a sampler in :data:`nas.study.SAMPLERS`.
        storage: Where the study is kept: a URL, a file ending in ``.journal``, or an open Optuna
            storage; by default ``study.journal`` in the run folder, without one memory.
        study_name: Name of the study in the storage; by default of space and data set.
        seed: Fixes candidates and training.
        generation: Candidates scored as one batch.
        timeout: Seconds after which no new generation starts; the one under way has ten more to
            end, and then counts as far as it is scored.
        finalists: Number of architectures to train briefly, by default 6, on a graph 60, or what
            the budget allows; 0 goes by the score alone, and starts the final training from
            predicted weights unseen.
        finalist_epochs: Length of that training; by default 3, on a graph 30.
        max_epochs: Length of the final training, by default 30, on a graph 300; 0 leaves it out.
        reduction: The best ``1 / reduction`` of the finalists are trained ``reduction`` times as
            long, each time from the start, and so on until one is left or it is time for the
            final training; see :func:`nas.study.rungs.plan`.
        budget: Epochs that all trainings together may take, in place of ``finalists``: as many
            are trained as that allows.
        scoring: On how many images candidates are scored.
        out: The run folder.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:<index>``.
        listen: Is told of the progress.

    Raises:
        ConfigError: An argument is out of range, or space, data and predictor do not fit.
        InfeasibleError: Nothing satisfied the constraints.
        StudyError: Folder or storage hold another search or cannot be used, or no candidate could
            be scored.
        TrainingError: Every finalist diverged.
    """
    config = SearchConfig(
        n_trials=n_trials,
        objectives=parse_objectives(_several(objectives)),
        constraints=parse_constraints(_several(constraints)),
        sampler=sampler,
        storage=storage,
        study_name=study_name,
        seed=seed,
        generation=generation,
        timeout=timeout,
        finalists=finalists,
        finalist_epochs=finalist_epochs,
        max_epochs=max_epochs,
        reduction=reduction,
        budget=budget,
        scoring=scoring or ScoreConfig(),
        out=None if out is None else Path(out),
        device=device,
    )
    return run_search(space, data, predictor, config, listen)


def _several(texts: str | Sequence[str]) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts)
