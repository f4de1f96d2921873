"""Which choices of a space decide whether an architecture is among the best."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import optuna
from optuna.importance import get_param_importances

from nas.study.record.storage import quiet_optuna
from nas.study.record.trial_reading import is_mutant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.study.record.recorded_run import RecordedRun

FEWEST = 50
"""With fewer trials the best tenth, which the method compares, has fewer than five."""


def importances(run: RecordedRun) -> Mapping[str, float] | None:
    """The share of each choice in being among the best tenth, the largest first.

    This is Optuna's PED-ANOVA (Watanabe et al. 2023): a choice is important if its values among
    the best tenth of the candidates differ from those among all. Conditional choices count where
    they are made. With several objectives the best tenth is that of the first Pareto fronts.

    Args:
        run: The record; mutants, which differ from their parents in one choice, are left out.

    Returns:
        None with fewer than :data:`FEWEST` scored candidates, and if no choice differs.
    """
    trials = [trial for trial in run.scored if not is_mutant(trial)]
    if len(trials) < FEWEST:
        return None
    with quiet_optuna(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna warns where a tenth holds many equal values
        study = optuna.create_study(directions=run.study.directions)
        study.add_trials(trials)
        found = get_param_importances(study)
    return found if any(found.values()) else None
