"""Identity of a training: two trainings with equal identity have equal results."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from nas.files import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.training.config import TrainConfig


def training_identity(
    graph: Graph,
    data: Dataset,
    config: TrainConfig,
    *,
    params: Mapping[str, Tensor] | None,
    own: OwnModule | None = None,
    seed: int,
) -> dict[str, Any]:
    """All settings that determine the result of a training, as JSON values."""
    start = "default" if params is None else digest(params)
    return {
        "architecture": blake2b(graph.to_json().encode(), digest_size=16).hexdigest(),
        "config": asdict(config),
        "data": data.fingerprint,
        "initialisation": start if own is None else f"own module, {start}",
        "seed": seed,
    }
