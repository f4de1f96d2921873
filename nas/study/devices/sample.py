"""Few networks are measured, so that all others can be predicted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nas.errors import ConfigError, ExportError, MeasurementError, StudyError
from nas.events import Noted, stage
from nas.measure.features import features
from nas.measure.measure import measure
from nas.measure.predictor import FEWEST, CostPredictor
from nas.measure.profile import DeviceProfile, MeasuredNetwork, read_profile
from nas.resume import difference
from nas.study.devices.network import untrained

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nas.events import Listener
    from nas.graph.graph import Graph
    from nas.measure.config import MeasureConfig
    from nas.measure.measured_space import MeasuredSpace
    from nas.measure.measurement import Measurement


@dataclass(frozen=True, eq=False)
class Pool:
    """Networks of which some are measured.

    Attributes:
        space: Their space.
        graphs: The networks, without dead parts; no two are isomorphic.
        first: Rows of those that are measured in any case, the most important first.
    """

    space: MeasuredSpace
    graphs: Sequence[Graph]
    first: Sequence[int] = ()


def measured_profile(
    pool: Pool,
    config: MeasureConfig,
    measurements: int,
    file: Path | None,
    listen: Listener,
) -> DeviceProfile:
    """The device as known from networks of a pool.

    Each measurement is written to the file at once, and a repeated call does not repeat it. A
    network that cannot be measured is noted and left out, unless it is the first one.

    Args:
        pool: The networks.
        config: How they are measured.
        measurements: Number of networks to measure.
        file: Where measurements are kept; None keeps them in memory.
        listen: Receives the progress.

    Raises:
        ConfigError: Fewer measurements are asked for than a prediction needs.
        StudyError: The file holds measurements with other settings, or of another space or device.
        ExportError: The first network cannot be written for the runner.
        MeasurementError: The first network cannot be measured, or too few can.
    """
    if measurements < FEWEST:
        raise ConfigError(f"measurements must be at least {FEWEST}, got {measurements}")
    seen = [features(graph) for graph in pool.graphs]
    process = CostPredictor.of(seen)
    first = list(pool.first)[:measurements]
    rows = first + process.choose(seen, measurements - len(first), first)
    profile = DeviceProfile(config=config, coordinates=process.coordinates, space=pool.space)
    earlier = _earlier(file, config, pool.space)
    with stage(listen, "measure", len(rows), steps="networks") as progress:
        for done, row in enumerate(rows, 1):
            graph = pool.graphs[row]
            measurement = None if earlier is None else earlier.measurement(graph)
            if measurement is None:
                try:
                    measurement = measure(untrained(graph), config)
                except (ExportError, MeasurementError) as error:
                    if not profile.measured:
                        raise
                    listen(Noted(text=f"a network was left out: {error}"))
                    continue
                _check_device(measurement, earlier, file)
            one = MeasuredNetwork(hash=graph.hash(), features=seen[row], measurement=measurement)
            profile = replace(profile, measured=(*profile.measured, one))
            if file is not None:
                _with(profile, earlier).save(file)
            progress.advance(done, ms=measurement.latency)
    if len(profile.measured) < FEWEST:
        raise MeasurementError(
            f"{len(profile.measured)} of {len(rows)} networks could be measured, a prediction "
            f"needs {FEWEST}"
        )
    profile = _with(profile, earlier)
    if file is not None:
        profile.save(file)
    return profile


def _earlier(
    file: Path | None, config: MeasureConfig, space: MeasuredSpace
) -> DeviceProfile | None:
    """The profile of an earlier call with equal settings; None if there is none.

    Raises:
        StudyError: The settings or the spaces differ.
    """
    if file is None or not file.exists():
        return None
    earlier = read_profile(file)
    differing = difference(earlier.config.identity(), config.identity())
    if differing:
        raise StudyError(
            f"the measurements in {str(file)!r} were made with {differing}",
            hint="Choose another --out, or repeat the original command.",
        )
    if earlier.space not in (None, space):
        raise StudyError(
            f"the measurements in {str(file)!r} are of {earlier.space}, these are of {space}",
            hint="Choose another --out for this space.",
        )
    return earlier


def _check_device(now: Measurement, earlier: DeviceProfile | None, file: Path | None) -> None:
    """Raise if earlier measurements were made on another device."""
    if earlier is not None and earlier.measured and earlier.device != now.device:
        raise StudyError(
            f"the measurements in {str(file)!r} were made on {earlier.device}, this is "
            f"{now.device}",
            hint="Choose another --out for this device.",
        )


def _with(profile: DeviceProfile, earlier: DeviceProfile | None) -> DeviceProfile:
    """A profile with the networks that only an earlier one has measured."""
    if earlier is None:
        return profile
    mine = {one.hash for one in profile.measured}
    more = [one for one in earlier.measured if one.hash not in mine]
    return replace(profile, measured=(*profile.measured, *more))
