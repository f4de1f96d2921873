"""Identity of a training: two trainings with equal identity have equal results."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from nas.files import digest
from nas.training.starts.initial import InitialWeights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.training.config import TrainConfig
    from nas.training.methods.distillation import Teacher


def training_identity(
    graph: Graph,
    data: Dataset,
    config: TrainConfig,
    *,
    params: Mapping[str, Tensor] | InitialWeights | None,
    own: OwnModule | None = None,
    teacher: Teacher | None = None,
    seed: int,
) -> dict[str, Any]:
    """All settings that determine the result of a training, as JSON values."""
    if isinstance(params, InitialWeights):
        start = params.identity
    else:
        start = "default" if params is None else digest(params)
    found = {
        "architecture": blake2b(graph.to_json().encode(), digest_size=16).hexdigest(),
        "config": config.identity(),
        "data": data.fingerprint,
        "initialisation": start if own is None else f"own module, {start}",
        "seed": seed,
    }
    return found if teacher is None else {**found, "teacher": teacher.identity}


def completed(identity: Mapping[str, Any]) -> dict[str, Any]:
    """An identity with the entries that a training without a teacher or repeats leaves out."""
    return {"teacher": "none", "repeats": "one", **identity}
