"""A generation as one note of a study, for storages that write each entry at once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.trial import TrialState, create_trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optuna.trial import FrozenTrial


def generation_note(
    first: int, trials: Sequence[FrozenTrial], notes: Mapping[str, Any]
) -> dict[str, Any]:
    """A generation fit for JSON.

    Args:
        first: Number of the trials on record before it.
        trials: Its trials.
        notes: What is written beside them.
    """
    return {"first": first, "trials": [_described(trial) for trial in trials], "notes": notes}


def missing_trials(note: Mapping[str, Any], recorded: int) -> list[FrozenTrial]:
    """The trials of a generation that are not on record.

    Args:
        note: The generation.
        recorded: Number of trials on record.
    """
    return [_trial(one) for one in note["trials"][max(0, recorded - note["first"]) :]]


def _described(trial: FrozenTrial) -> dict[str, Any]:
    found = trial.distributions
    times = (trial.datetime_start, trial.datetime_complete)
    return {
        "state": trial.state.name,
        "values": trial.values,
        "params": {name: one.to_internal_repr(trial.params[name]) for name, one in found.items()},
        "distributions": {name: distribution_to_json(one) for name, one in found.items()},
        "user": trial.user_attrs,
        "system": trial.system_attrs,
        "times": [None if time is None else time.isoformat() for time in times],
    }


def _trial(described: Mapping[str, Any]) -> FrozenTrial:
    found = {k: json_to_distribution(text) for k, text in described["distributions"].items()}
    trial = create_trial(
        state=TrialState[described["state"]],
        values=described["values"],
        params={name: found[name].to_external_repr(v) for name, v in described["params"].items()},
        distributions=found,
        user_attrs=described["user"],
        system_attrs=described["system"],
    )
    trial.datetime_start, trial.datetime_complete = (
        None if text is None else datetime.fromisoformat(text) for text in described["times"]
    )
    return trial
