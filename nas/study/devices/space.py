"""A device measured on networks of a space."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.config import changed
from nas.errors import ConfigError
from nas.evaluate.named import data_of, space_of
from nas.events import ignore
from nas.measure.config import MeasureConfig
from nas.measure.measured_space import MeasuredSpace
from nas.seeding import rng
from nas.space.constrained_sampling import sample_distinct
from nas.study.devices.sample import Pool, measured_profile

if TYPE_CHECKING:
    from nas.evaluate.named import UserData
    from nas.events import Listener
    from nas.measure.profile import DeviceProfile
    from nas.space.own_space import Build
    from nas.space.search_space import SearchSpace

MEASUREMENTS = 20
"""Usual number of measured networks."""

_POOL = 200
"""Networks that stand for a space."""


def device_profile(
    space: str | SearchSpace | type[SearchSpace] | Build,
    data: UserData,
    *,
    measurements: int = MEASUREMENTS,
    seed: int = 0,
    out: str | Path | None = None,
    listen: Listener = ignore,
    **options: Any,
) -> DeviceProfile:
    """Measure few networks of a space on a device, so that all others can be predicted.

    The networks are chosen from random ones such that their latencies tell most about the others.
    A repeated call with the same file goes on where it stopped.

    Args:
        space: The space, as :func:`nas.search` takes it.
        data: The data set, as :func:`nas.search` takes it.
        measurements: Number of networks to measure.
        seed: Seed of the random networks.
        out: File that keeps the measurements; None keeps them in memory.
        listen: Receives the progress.
        options: Fields of :class:`nas.measure.config.MeasureConfig`, as for :func:`nas.latency`.

    Raises:
        ConfigError: An argument is wrong, or the space has too few networks.
        StudyError: The file holds measurements with other settings, or of another space.
        ExportError: The networks cannot be written for the runner.
        MeasurementError: The networks cannot be measured.
    """
    config = changed(MeasureConfig(), options)
    found = space_of(space, data_of(data, listen).task)
    drawn = sample_distinct(found, max(_POOL, measurements), rng(seed, "device"))
    pool = Pool(MeasuredSpace.of(found), [one.network for one in drawn])
    if len(pool.graphs) < measurements:
        raise ConfigError(
            f"{measurements} networks cannot be measured: of space {found.name!r} "
            f"{len(pool.graphs)} were found"
        )
    return measured_profile(pool, config, measurements, None if out is None else Path(out), listen)
