"""Opening the record of a search: a new one, or that of the same search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import optuna

from nas.errors import StudyError
from nas.study.record.identity import check_same, earlier_weights, study_identity
from nas.study.record.storage import describe, open_storage
from nas.study.record.study_lock import study_in_use
from nas.study.record.study_record import StudyRecord
from nas.study.record.trial_check import check_trials
from nas.study.samplers.registry import name_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from nas.data.dataset import Dataset
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import SearchSpace
    from nas.study.record.run_folder import RunFolder
    from nas.study.search_config import SearchConfig


def open_record(
    space: SearchSpace,
    data: Dataset,
    predictor: WeightPredictor,
    config: SearchConfig,
    folder: RunFolder | None,
    check: Callable[[], None],
    locks: ExitStack,
) -> StudyRecord:
    """The record of a search, locked.

    Args:
        space: The full-size space.
        data: A data set of the space's task.
        predictor: Predicts the weights with which candidates are scored.
        config: Settings of the search.
        folder: The run folder; None if there is none.
        check: Called before each write; raises if writing is no longer allowed.
        locks: Holds the lock of the study.

    Raises:
        StudyError: The folder or the study is that of another search, damaged, or in use.
    """
    described = study_identity(
        space,
        data,
        predictor,
        objectives=config.objectives,
        constraints=config.constraints,
        scoring=config.scoring,
        sampler=name_of(config.sampler),
        recipe=config.recipe,
        seed=config.seed,
    )
    location, weights = config.storage, earlier_weights(predictor.card)
    if folder is not None:
        where = f"the run in {str(folder.path)!r}"
        check_same(folder.read_identity(), described, where, weights=weights)
        location = location or folder.journal
    directions = [objective.direction for objective in config.objectives]
    name = config.study_name or f"{space.name}-{data.name}"
    where = f"study {name!r} in {describe(location)}"
    storage = open_storage(location)
    if config.storage is not None:  # the run folder is locked
        locks.enter_context(study_in_use(storage, name, where))
    study = optuna.create_study(
        storage=storage, study_name=name, directions=directions, load_if_exists=True
    )
    record = StudyRecord(study, check)
    before = record.read("identity")
    check_same(before, described, where, weights=weights)
    if before is None and (
        study.trials or [d.name.lower() for d in study.directions] != directions
    ):
        raise StudyError(f"{where} was made by another program", hint="Choose another study name.")
    check_trials(record.trials(), where)
    if before != described:
        record.write("identity", described)
    if folder is not None:
        folder.write_run({**config.to_dict(), "storage": describe(location)}, described)
    return record
