"""Search for an architecture: the whole of it, from a question to a trained network."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
from optuna.storages import InMemoryStorage
from torch import nn

from nas.analysis.cost import Cost
from nas.errors import ConfigError, StudyError
from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.events import ignore, stage
from nas.export import load_module, save
from nas.seeding import derive
from nas.space.candidate import candidate
from nas.study.constraints import parse_constraints
from nas.study.exploration import Exploration, ExplorationConfig
from nas.study.finals import Finals
from nas.study.identity import check_same, identity
from nas.study.ledger import Ledger, TrialCounts
from nas.study.objectives import parse_objectives
from nas.study.ranking import best, ranked_fronts
from nas.study.result import Found, SearchResult
from nas.study.run_folder import RunFolder, write_json, write_text
from nas.study.samplers.registry import SAMPLERS, make_sampler
from nas.study.storage import open_storage, quiet_optuna
from nas.study.trainer import Trainer
from nas.study.trials_table import trials_csv
from nas.train.device import resolve_device

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import SearchSpace
    from nas.study.finals import Champion, Finalist
    from nas.study.storage import StorageLike

DEFAULT_GENERATION = 32


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
    generation: int = DEFAULT_GENERATION,
    timeout: float | None = None,
    finalists: int = 3,
    finalist_epochs: int = 3,
    max_epochs: int = 30,
    scoring: ScoreConfig | None = None,
    out: Path | str | None = None,
    device: str = "auto",
    listen: Listener = ignore,
) -> SearchResult:
    """Find architectures by scoring them with predicted weights, and train the best.

    Generations of candidates are asked of a sampler, scored as one batch, told, and recorded
    before the next one begins. The first ``finalists`` in rank are trained briefly from predicted
    weights, the best of them to the end; it meets the test split once. The same call again goes
    on where the last one stopped, or was killed.

    Args:
        space: At full size; the predictor's card says at which size candidates are scored.
        data: The data set of the space's task.
        predictor: Predicts the weights; a torch module is moved to the device.
        n_trials: Distinct candidates that shall reach a score, earlier calls included.
        objectives: ``NAME:max|min``: score, accuracy, loss, params, macs, activation_bytes,
            layers.
        constraints: ``NAME<=NUMBER`` or ``NAME>=NUMBER`` on params, macs, activation_bytes,
            layers.
        sampler: Name of a sampler in :data:`nas.study.SAMPLERS`.
        storage: Where the study is kept: a URL, a file ending in ``.journal``, or an open Optuna
            storage; by default ``study.journal`` in the run folder, without one memory.
        study_name: Name of the study in the storage; by default of space and data set.
        seed: Fixes candidates and training.
        generation: Candidates scored as one batch.
        timeout: Seconds after which no new generation starts.
        finalists: Number of architectures to train briefly; 0 goes by the score alone.
        finalist_epochs: Length of that training.
        max_epochs: Length of the final training; 0 leaves it out.
        scoring: On how many images candidates are scored.
        out: The run folder.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:<index>``.
        listen: Is told of the progress.

    Raises:
        ConfigError: An argument is out of range, or space, data and predictor do not fit.
        InfeasibleError: Nothing satisfied the constraints.
        StudyError: Folder or storage hold another search or cannot be used, or no candidate could
            be scored.

    Example:
        A study in memory, without training::

            result = nas.search(space, data, predictor, 200, finalists=0, max_epochs=0)
            print(result.best.architecture, result.best.score)
    """
    for name, value in (("finalists", finalists), ("max_epochs", max_epochs)):
        if value < 0:
            raise ConfigError(f"{name} must not be negative, got {value}")
    if finalist_epochs < 1:
        raise ConfigError(f"finalist_epochs must be at least 1, got {finalist_epochs}")
    config = ExplorationConfig(
        objectives=parse_objectives(_several(objectives)),
        constraints=parse_constraints(_several(constraints)),
        n_trials=n_trials,
        generation=generation,
        timeout=timeout,
        seed=seed,
    )
    SAMPLERS.get(sampler)
    _check_task(space, data)
    place = resolve_device(device)
    if isinstance(predictor, nn.Module):
        predictor.to(place)
    scorer = Scorer(predictor, data.to(place), scoring, device=place)
    scorer.proxy(space)
    described = identity(
        space,
        data,
        predictor,
        objectives=config.objectives,
        constraints=config.constraints,
        sampler=sampler,
        seed=seed,
    )
    folder = None if out is None else RunFolder(Path(out))
    with quiet_optuna(), nullcontext() if folder is None else folder.in_use():
        location = folder.journal if storage is None and folder is not None else storage
        ledger = _open_ledger(
            location, study_name or f"{space.name}-{data.name}", config, described, folder
        )
        if folder is not None:
            settings = {
                "n_trials": n_trials,
                "generation": generation,
                "timeout": timeout,
                "finalists": finalists,
                "finalist_epochs": finalist_epochs,
                "max_epochs": max_epochs,
                "scoring": asdict(scoring or ScoreConfig()),
                "device": str(place),
                "storage": describe(location),
                "study_name": ledger.study.study_name,
            }
            folder.write_run({**described, **settings}, described)
