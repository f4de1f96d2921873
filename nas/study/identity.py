"""What makes two commands the same search."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from nas.errors import StudyError
from nas.evaluate.blend import recipe_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.data.dataset import Dataset
    from nas.evaluate.scorer import ScoreConfig
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import SearchSpace
    from nas.study.constraints import Constraint
    from nas.study.objectives import Objective

_FORMAT = 2
"""Raised when hashes of architectures change, or what is on record of them."""

_PLURAL = ("weights", "objectives", "constraints")


def identity(
    space: SearchSpace,
    data: Dataset,
    predictor: WeightPredictor,
    *,
    objectives: Sequence[Objective],
    constraints: Sequence[Constraint],
    scoring: ScoreConfig,
    sampler: str,
    seed: int,
) -> dict[str, Any]:
    """All that trials of one study must share, fit for JSON.

    How many trials, finalists and epochs, and how long, may differ when a command is repeated.
    """
    card = asdict(predictor.card)
    del card["measured"]  # says nothing of the weights, and may be added later
    text = json.dumps(card, sort_keys=True, default=str)
    described: dict[str, Any] = {
        "format": _FORMAT,
        "space": {"name": space.name, "task": asdict(space.task), **space.macro()},
        "dataset": {"name": data.name, "fingerprint": data.fingerprint},
        "weights": {
            "name": predictor.card.name,
            "digest": blake2b(text.encode(), digest_size=8).hexdigest(),
        },
        "objectives": [str(objective) for objective in objectives],
        "constraints": sorted(str(constraint) for constraint in constraints),
        "scoring": {
            "images": scoring.images,
            "calibration": scoring.calibration,
            "recipe": dict(recipe_for(space.task.kind, elsewhere=card["space"] != space.name)),
        },
        "sampler": sampler,
        "seed": seed,
    }
    plain: dict[str, Any] = json.loads(json.dumps(described, default=str))
    return plain


def check_same(before: Mapping[str, Any] | None, now: Mapping[str, Any], where: str) -> None:
    """Refuse to mix the trials of two searches.

    Args:
        before: Identity of the trials that are there; None if there are none.
        now: Identity of the trials to come.
        where: The folder or study they are in, for the message.

    Raises:
        StudyError: They differ; the message names the first difference.
    """
    if before is None:
        return
    for key, value in now.items():
        if before.get(key) != value:
            another = "other" if key in _PLURAL else "another"
            raise StudyError(
                f"{where} was made with {another} {key}: {_short(before.get(key))}, "
                f"not {_short(value)}.",
                hint="Choose another --out or --study-name, or repeat the original command.",
            )


def _short(value: Any) -> str:
    return json.dumps(value) if value is not None else "none"
