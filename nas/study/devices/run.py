"""The architectures of a run on a device."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.config import changed
from nas.events import ignore
from nas.measure.config import MeasureConfig
from nas.measure.measured_space import MeasuredSpace
from nas.study.devices.sample import Pool, measured_profile
from nas.study.devices.space import MEASUREMENTS
from nas.study.record.recorded_run import read_run
from nas.study.record.run_folder import RunFolder
from nas.study.record.trial_reading import hash_of
from nas.study.recorded_candidates import recorded_candidates
from nas.study.selection.pareto import ranked_fronts

if TYPE_CHECKING:
    from nas.events import Listener
    from nas.measure.profile import DeviceProfile
    from nas.space.own_space import Build
    from nas.space.search_space import SearchSpace
    from nas.study.record.recorded_run import RecordedRun
    from nas.study.record.storage import StorageLike


def run_profile(
    run: str | Path,
    space: str | SearchSpace | type[SearchSpace] | Build,
    *,
    measurements: int = MEASUREMENTS,
    storage: StorageLike | None = None,
    out: str | Path | None = None,
    listen: Listener = ignore,
    **options: Any,
) -> DeviceProfile:
    """Measure few architectures of a run on a device, and predict all others.

    Half of those that are measured are the longest trained ones and the Pareto front; the rest
    are chosen such that their latencies tell most about the others. A repeated call goes on
    where it stopped.

    Args:
        run: The run folder.
        space: The space of the search.
        measurements: Number of networks to measure, fewer if the run has fewer.
        storage: Where the study is, if not in the folder.
        out: File that keeps the figures; by default ``latency.json`` in the folder.
        listen: Receives the progress.
        options: Fields of :class:`nas.measure.config.MeasureConfig`, as for :func:`nas.latency`.

    Raises:
        ConfigError: An argument is wrong.
        StudyError: The folder holds no run, the space does not build its networks, or the file
            holds measurements with other settings, or of another space.
        ExportError: The networks cannot be written for the runner.
        MeasurementError: The networks cannot be measured.
    """
    config = changed(MeasureConfig(), options)
    record = read_run(Path(run), storage)
    made = recorded_candidates(record, space)
    networks = {hash_: one.network for hash_, one in made.items()}
    order = [hash_ for hash_ in _importance(record) if hash_ in networks]
    hashes = list(networks)
    first = [hashes.index(hash_) for hash_ in order[: measurements // 2]]
    file = RunFolder(Path(run)).latency if out is None else Path(out)
    measured = MeasuredSpace.of_record(record.identity["space"])
    pool = Pool(measured, list(networks.values()), first)
    profile = measured_profile(pool, config, min(measurements, len(hashes)), file, listen)
    known = {hash_: profile.costs(network) for hash_, network in networks.items()}
    profile = replace(profile, known=known)
    profile.save(file)
    return profile


def _importance(record: RecordedRun) -> list[str]:
    """Hashes of the best architecture, the trained ones by length and accuracy, and the front."""
    trained = sorted(record.longest.values(), key=lambda one: (-one.epochs, -one.val_accuracy))
    fronts = ranked_fronts(record.scored, record.study.directions)
    front = [str(hash_of(trial)) for trial in (fronts[0] if fronts else ())]
    best = [record.best] if record.best else []
    return list(dict.fromkeys([*best, *(one.hash for one in trained), *front]))
