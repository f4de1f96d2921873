"""The identity of a search: the settings that all of its trials share."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from torch import nn

from nas.analysis.figure import FIGURES
from nas.errors import StudyError
from nas.files import digest
from nas.resume import difference
from nas.training.recipes.table import PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.data.dataset import Dataset
    from nas.evaluate.scorer import ScoreConfig
    from nas.predictor.card import Card
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import SearchSpace
    from nas.study.goals.constraints import Constraint
    from nas.study.goals.objectives import Objective

_FORMAT = 2
"""Increased when hashes of architectures or the contents of records change."""


def study_identity(
    space: SearchSpace,
    data: Dataset,
    predictor: WeightPredictor,
    *,
    objectives: Sequence[Objective],
    constraints: Sequence[Constraint],
    scoring: ScoreConfig,
    sampler: str,
    recipe: str,
    seed: int,
) -> dict[str, Any]:
    """All settings that trials of one study must share, fit for JSON.

    Numbers of trials, finalists and epochs and limits of time may differ in a repeated command.
    """
    card, kind = predictor.card, space.task.traits
    trained_here = card.space == space.name
    score_weights = kind.score_weights if trained_here else kind.general_score_weights
    described: dict[str, Any] = {
        "format": _FORMAT,
        "space": space.identity(),
        "dataset": {"name": data.name, "fingerprint": data.fingerprint},
        "weights": {
            "name": card.name,
            "card": _digest(card, "training", "measured", "digest"),
            "digest": digest(predictor.state_dict()) if isinstance(predictor, nn.Module) else "",
        },
        "objectives": [str(objective) for objective in objectives],
        "constraints": sorted(str(constraint) for constraint in constraints),
        "scoring": {
            "images": scoring.images,
            "calibration": scoring.calibration,
            "recipe": dict(score_weights),
        },
        "sampler": sampler,
        "seed": seed,
    }
    if recipe != PLAIN:
        described["training"] = recipe  # absent from searches of before, all of them plain
    named = {one.name for one in objectives} | {one.name for one in constraints}
    versions = {name: FIGURES.get(name).version for name in sorted(named)}
    if any(versions.values()):
        described["figures"] = {name: one for name, one in versions.items() if one}
    plain: dict[str, Any] = json.loads(json.dumps(described, default=str))
    return plain


def earlier_weights(card: Card) -> dict[str, Any]:
    """The entry for the weights in identities of earlier versions, without their digest."""
    return {"name": card.name, "digest": _digest(card, "measured", "digest")}


def _digest(card: Card, *but: str) -> str:
    """The digest of a card without some of its entries."""
    entries = {key: value for key, value in asdict(card).items() if key not in but}
    text = json.dumps(entries, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def check_same(
    before: Mapping[str, Any] | None,
    now: Mapping[str, Any],
    where: str,
    *,
    weights: Mapping[str, Any] | None = None,
) -> None:
    """Refuse to mix the trials of two searches.

    Args:
        before: Identity of the recorded trials; None if there are none.
        now: Identity of the trials to come.
        where: Their folder or study, for the message.
        weights: Another accepted entry for the weights, see :func:`earlier_weights`.

    Raises:
        StudyError: The identities differ; the message names the differences.
    """
    if before is None:
        return
    if weights is not None and before.get("weights") == weights:
        now = {**now, "weights": weights}
    differing = difference(before, now)
    if differing:
        raise StudyError(
            f"{where} was made with {differing}",
            hint="Choose another --out or --study-name, or repeat the original command.",
        )
