"""A device as known from the networks that were measured on it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nas.analysis.figure import DEVICE_FIGURES, FIGURES, Figure
from nas.config import from_mapping
from nas.errors import ConfigError, DataError, NasError, StudyError, counted, described
from nas.files import read_json, write_json
from nas.measure.config import MeasureConfig
from nas.measure.coordinates import Coordinates
from nas.measure.features import features
from nas.measure.measured_space import MeasuredSpace
from nas.measure.measurement import Measurement
from nas.measure.predictor import FEWEST, CostPredictor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nas.graph.graph import Graph
    from nas.measure.coordinates import Features
    from nas.measure.predictor import FittedPredictor
    from nas.space.search_space import SearchSpace

_FORMAT = "nas-device"


@dataclass(frozen=True, kw_only=True)
class MeasuredNetwork:
    """A network that was measured.

    Attributes:
        hash: Canonical hash of its graph.
        features: Its features.
        measurement: What was measured.
    """

    hash: str
    features: Features
    measurement: Measurement


@dataclass(frozen=True, kw_only=True)
class DeviceCost:
    """A figure of a network on a device.

    Attributes:
        value: In milliseconds, bytes or millijoules.
        std: Standard deviation of measured values from the prediction; None if it was measured.
    """

    value: float
    std: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class DeviceProfile:
    """Measured networks, and the predictions of all others that follow from them.

    Attributes:
        config: How networks are measured.
        coordinates: Scales of the features in the space whose networks are predicted.
        space: The space of the measured networks; None if it is not known, as in files of earlier
            versions.
        measured: The measured networks.
        known: Figures of architectures of a run by their hash and name, measured or predicted.
    """

    config: MeasureConfig
    coordinates: Coordinates
    space: MeasuredSpace | None = None
    measured: tuple[MeasuredNetwork, ...] = ()
    known: Mapping[str, Mapping[str, DeviceCost]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"DeviceProfile({self.device!r}, {counted(len(self.measured), 'measured network')})"

    @property
    def device(self) -> str:
        """The name of the device."""
        return self.measured[0].measurement.device if self.measured else self.config.device

    @cached_property
    def predictors(self) -> Mapping[str, FittedPredictor]:
        """A predictor for each figure that every measured network has; none of too few."""
        if len(self.measured) < FEWEST:
            return {}
        process = CostPredictor(self.coordinates)
        found = {}
        for name in DEVICE_FIGURES:
            values = [getattr(one.measurement, name) for one in self.measured]
            if None not in values:
                found[name] = process.fit([one.features for one in self.measured], values)
        return found

    @cached_property
    def _by_hash(self) -> dict[str, Measurement]:
        return {one.hash: one.measurement for one in self.measured}

    def measurement(self, network: Graph) -> Measurement | None:
        """What was measured of a network; None if it was not."""
        return self._by_hash.get(network.hash())

    def costs(self, network: Graph) -> dict[str, DeviceCost]:
        """Each figure of a network, measured if it was, predicted otherwise."""
        measured = self.measurement(network)
        seen = None if measured is not None else [features(network)]
        found = {}
        for name, predictor in self.predictors.items():
            if seen is None:
                found[name] = DeviceCost(value=float(getattr(measured, name)))
            else:
                mean, std = predictor.predict(seen)
                found[name] = DeviceCost(value=float(mean[0]), std=float(std[0]))
        return found

    def errors(self) -> dict[str, str]:
        """How far its predictions are from measured values, in words, by figure."""
        return {
            name: f"predicted from {counted(found.error.measured, 'measured network')}; each of "
            f"them from the others with an error of {found.error.relative:.0%} (median), rank "
            f"correlation {found.error.spearman:.2f}"
            for name, found in self.predictors.items()
        }

    @contextmanager
    def as_figures(self) -> Iterator[None]:
        """A block in which objectives and constraints may name the figures of this device."""
        with ExitStack() as stack:
            for name in self.predictors:
                figure = Figure(
                    direction="minimize",
                    of=partial(self._value, name),
                    units=DEVICE_FIGURES[name],
                    version=self.digest,
                )
                stack.enter_context(FIGURES.temporarily(name, figure))
            yield

    def _value(self, name: str, network: Graph) -> float:
        hash_ = network.hash()
        if hash_ not in self._computed:
            self._computed[hash_] = self.costs(network)
        return self._computed[hash_][name].value

    @cached_property
    def _computed(self) -> dict[str, dict[str, DeviceCost]]:
        return {}

    @cached_property
    def digest(self) -> str:
        """The identity of its predictions."""
        text = repr([(one.hash, asdict(one.measurement)) for one in self.measured])
        scales = repr((self.coordinates.names, self.coordinates.mean.tolist()))
        return blake2b((text + scales).encode(), digest_size=8).hexdigest()

    def check_space(self, space: SearchSpace, again: str) -> None:
        """See that the networks of a space are those whose figures are predicted.

        Args:
            space: The space.
            again: How to measure it, for the message.

        Raises:
            StudyError: Networks of another space were measured, or it is not known of which.
        """
        searched = MeasuredSpace.of(space)
        names = (space.name, *space.also_called)
        if self.space not in [replace(searched, name=name) for name in names]:
            of = (
                "do not say of which space they are"
                if self.space is None
                else f"are of {self.space}"
            )
            raise StudyError(
                f"the measurements of {self.device!r} {of}; the search is in {searched}",
                hint=f"Measure it anew: {again}",
            )

    def save(self, file: Path) -> None:
        """Write it as JSON."""
        known = {
            hash_: {name: asdict(cost) for name, cost in costs.items()}
            for hash_, costs in self.known.items()
        }
        scales = self.coordinates
        document = {
            "format": _FORMAT,
            "version": 1,
            "device": self.device,
            "config": asdict(self.config),
            "error": {name: asdict(found.error) for name, found in self.predictors.items()},
            "space": {
                "identity": None if self.space is None else asdict(self.space),
                "features": list(scales.names),
                "mean": scales.mean.tolist(),
                "std": scales.std.tolist(),
                "devices": scales.devices.tolist(),
            },
            "measured": [asdict(one) for one in self.measured],
            "known": known,
        }
        write_json(file, document)


def profile_of(given: object) -> DeviceProfile:
    """A profile: the given one, or the one in a file.

    Raises:
        ConfigError: It is neither.
        DataError: The file is missing or damaged.
    """
    if isinstance(given, DeviceProfile):
        return given
    if isinstance(given, str | Path):
        return read_profile(Path(given))
    raise ConfigError(
        f"expected the measurements of a device or their file, got {described(given)}",
        hint="nas.device_profile measures a device.",
    )


def read_profile(file: Path) -> DeviceProfile:
    """The profile in a file that :meth:`DeviceProfile.save` wrote.

    Raises:
        DataError: The file is missing or damaged.
    """

    def refused(why: str) -> DataError:
        return DataError(
            f"cannot read the measurements {str(file)!r}: {why}",
            hint="`nas latency` writes such a file.",
        )

    document: dict[str, Any] = read_json(file, dict, refused)
    if document.get("format") != _FORMAT:
        raise refused(f"its format is {document.get('format')!r}")
    try:
        space = document["space"]
        names = tuple(map(str, space["features"]))
        devices = np.array(space["devices"], dtype=np.float64).reshape(len(names), -1)
        return DeviceProfile(
            config=from_mapping(MeasureConfig, document["config"]),
            coordinates=Coordinates(
                names,
                np.array(space["mean"], dtype=np.float64),
                np.array(space["std"], dtype=np.float64),
                devices,
            ),
            space=_space(space.get("identity")),
            measured=tuple(
                MeasuredNetwork(
                    hash=str(one["hash"]),
                    features={str(name): float(value) for name, value in one["features"].items()},
                    measurement=from_mapping(Measurement, one["measurement"]),
                )
                for one in document["measured"]
            ),
            known={
                str(hash_): {name: from_mapping(DeviceCost, cost) for name, cost in costs.items()}
                for hash_, costs in document["known"].items()
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError, NasError) as error:
        raise refused(f"{type(error).__name__}: {error}") from None


def _space(recorded: dict[str, Any] | None) -> MeasuredSpace | None:
    return None if recorded is None else from_mapping(MeasuredSpace, recorded)
