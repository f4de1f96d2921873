"""The architectures nearest to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from torch import nn

from nas.analysis.cost import Cost, cost
from nas.data.fitted import fitted
from nas.errors import ConfigError, GraphError, UnknownNameError
from nas.evaluate.named import data_of, module_predictor_of, predictor_of, space_of
from nas.evaluate.similarity import By, Difference, differences, distances, share_choices
from nas.evaluate.untrained import UntrainedWeights
from nas.events import Noted, ignore
from nas.files import there
from nas.seeding import rng
from nas.space.candidate import Candidate
from nas.space.constrained_sampling import sample_distinct
from nas.study.baselines import baselines_of
from nas.study.record.recorded_run import read_run
from nas.study.record.run_folder import RunFolder
from nas.study.record.trial_reading import figure_of
from nas.study.recorded_candidates import recorded_candidates
from nas.study.single.network import found_network
from nas.training.device import resolve_device

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.data.dataset import Dataset
    from nas.evaluate.named import UserData
    from nas.events import Listener
    from nas.graph.graph import Graph
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.own_space import Build
    from nas.space.search_space import SearchSpace
    from nas.study.baselines import Baseline
    from nas.study.record.storage import StorageLike

    Space = str | SearchSpace | type[SearchSpace] | Build

NEAREST = 10
"""Usual number of architectures found."""
SAMPLE = 200
"""Usual number of random architectures that stand for a space."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Similar:
    """An architecture near another one.

    Attributes:
        name: ``#78`` for a trial of a run, its notation in a space, or the name it was given.
        candidate: The architecture.
        distance: From the other architecture; 0 for an isomorphic one and, by costs, for any with
            the same costs. 1 is as far apart as two of the architectures searched usually are.
        cost: Its cost at full size.
        differences: What differs in it, from the other architecture to this one: choices if both
            are of one space, else numbers of operations.
        of_choices: Whether the differences are choices.
        score: Its score in a run; None elsewhere.
        val_accuracy: Its accuracy on the ranking split after its longest training in a run, a
            share (R² of a regression); None where it was not trained.
        epochs: Length of that training.
        by: What the distance was measured by: ``costs`` where ``both`` was asked for and there is
            no hypernetwork.
    """

    name: str
    candidate: Candidate
    distance: float
    cost: Cost
    differences: tuple[Difference, ...]
    of_choices: bool
    score: float | None = None
    val_accuracy: float | None = None
    epochs: int | None = None
    by: By = "both"

    @property
    def architecture(self) -> str:
        """The architecture in the notation of its space."""
        return self.candidate.architecture

    def to_dict(self) -> dict[str, Any]:
        """All facts as a JSON object; null where unknown."""
        changed = {one.name: [one.own, one.other] for one in self.differences}
        return {
            "name": self.name,
            "architecture": self.architecture if self.candidate.params else None,
            "hash": self.candidate.hash,
            "distance": self.distance,
            **asdict(self.cost),
            "score": self.score,
            "val_accuracy": self.val_accuracy,
            "epochs": self.epochs,
            "choices": changed if self.of_choices else None,
            "operations": None if self.of_choices else changed,
        }


def similar(
    network: nn.Module | Graph | Candidate | str,
    among: Path | Space | Mapping[str, Baseline],
    data: UserData,
    predictor: str | Path | WeightPredictor | None = None,
    *,
    space: Space | None = None,
    count: int = NEAREST,
    sample: int = SAMPLE,
    by: By = "both",
    storage: StorageLike | None = None,
    seed: int = 0,
    device: str = "auto",
    listen: Listener = ignore,
) -> list[Similar]:
    """The architectures nearest to one, and what differs in them; the nearest first.

    An architecture that is among those searched is the first, at distance 0. The nearest other
    one differs half as much in rank of accuracy as random ones do (benchmarks/similar). A network
    that is given without choices, such as a graph, has those of an isomorphic one among those
    searched, if there is one.

    Args:
        network: A module, an architecture, or the notation of one.
        among: A run folder, whose scored architectures are searched; a space, of which random ones
            are; or networks by name: modules, graphs or functions that make one.
        data: The data set that the networks are for, as :func:`nas.search` takes it.
        predictor: The hypernetwork that embeds them, or its name or directory; by default the
            shipped one that fits. A torch module is moved to the device.
        space: The space of the run; and of a notation, if it is not the space searched.
        count: Largest number of architectures to return.
        sample: Largest number of random architectures of a space.
        by: What a distance is measured by: ``embedding``, the mean node state of the hypernetwork;
            ``costs``, parameters, multiply-accumulates, activations, layers and paths; or
            ``both``. Without a hypernetwork ``both`` is the costs, and a note says so.
        storage: Where the study of the run is, if not in the folder; of a run only.
        seed: Seed of the random architectures.
        device: Where networks are embedded: ``auto``, ``cpu``, ``cuda`` or ``cuda:<index>``.
        listen: Receives notes and the progress.

    Raises:
        ConfigError: An argument has a wrong type, is out of range or is missing, or there is no
            hypernetwork to measure by the embedding alone.
        EncodingError: The notation is not in the space.
        GraphError: The network is not for this data, or takes images of another resolution than
            those searched.
        ImportingError: A module cannot be read.
        StudyError: The folder holds no run, or the space does not build its networks.
        UnknownNameError: A name is unknown.

    Example:
        >>> import nas
        >>> skip = "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"
        >>> near = nas.similar(skip, "nb201:cells=1", "digits", sample=20)
        >>> len(near), near[0].of_choices, near[0].distance < near[9].distance
        (10, True, True)
    """
    if by not in get_args(By):
        raise ConfigError(f"expected by as one of {', '.join(get_args(By))}, got {by!r}")
    for name, value in (("count", count), ("sample", sample)):
        if type(value) is not int or value < 1:
            raise ConfigError(f"{name} must be a whole number, at least 1, got {value!r}")
    found_data = data_of(data, listen)
    run = _run_of(among)
    if run is None and storage is not None:
        raise ConfigError(
            "storage is that of a run, but no run is searched",
            hint="Give the folder of the run, or leave storage out.",
        )
    if run is not None and space is None:
        raise ConfigError(
            f"the space of the run in {str(run)!r} is not known", hint="Name it with space."
        )
    notation = among if space is None and not isinstance(among, Mapping) else space
    own = found_network(network, notation, found_data.task)
    graph = own.network if isinstance(own, Candidate) else own.simplified
    fitted(found_data, graph)
    if run is None:
        pool, home = _pool(among, found_data, sample, seed)
    else:
        pool, home = _of_run(run, space, storage), space_of(space, found_data.task)
    others = [one.candidate.network for one in pool]
    _check_resolution(graph, others)
    weights = _predictor(predictor, home, found_data, by, listen)
    by = "costs" if weights is None else by
    if weights is not None and isinstance(weights, nn.Module):
        weights.to(resolve_device(device))
    same = [other.hash() == graph.hash() for other in others]
    twins = [one.candidate for one, is_same in zip(pool, same, strict=True) if is_same]
    if twins and not share_choices(own, twins[0]):
        own = twins[0]
    away = distances(graph, others, weights, by, listen)
    order = sorted(range(len(pool)), key=lambda place: (away[place], not same[place]))[:count]
    return [
        replace(
            pool[place],
            distance=float(away[place]),
            differences=differences(own, pool[place].candidate),
            of_choices=share_choices(own, pool[place].candidate),
            by=by,
        )
        for place in order
    ]


def _check_resolution(network: Graph, others: Sequence[Graph]) -> None:
    """Raise if costs differ because images do.

    Raises:
        GraphError: A network takes images of another resolution.
    """
    own = network.inputs[0].shape[-1]
    for other in others:
        size = other.inputs[0].shape[-1]
        if size != own:
            raise GraphError(
                f"the network takes images of {own} pixels, but one of those searched takes "
                f"{size}, so their costs say nothing of the architectures",
                hint=f"A space takes a resolution (nb201:resolution={own}); --resolution {own} "
                "reads images of your own at it.",
            )


def _pool(
    among: object, data: Dataset, sample: int, seed: int
) -> tuple[list[Similar], SearchSpace | None]:
    """The architectures searched, without distances, and their space if they have one."""
    if isinstance(among, Mapping):
        return [_member(name, one) for name, one in baselines_of(among, data.task).items()], None
    home = space_of(among, data.task)
    drawn = sample_distinct(home, sample, rng(seed, "similar"))
    return [_member(one.architecture, one) for one in drawn], home


def _run_of(among: object) -> Path | None:
    """The run folder that is searched; None for a space or networks."""
    if isinstance(among, str) and there(RunFolder(Path(among)).run, Path.is_file):
        return Path(among)
    return among if isinstance(among, Path) else None


def _of_run(run: Path, space: Space | None, storage: StorageLike | None) -> list[Similar]:
    record = read_run(run, storage)
    members = []
    for hash_, candidate in recorded_candidates(record, space).items():
        trial, trained = record.by_hash[hash_], record.longest.get(hash_)
        members.append(
            replace(
                _member(f"#{trial.number}", candidate),
                score=figure_of(trial, "score"),
                val_accuracy=None if trained is None else trained.val_accuracy,
                epochs=None if trained is None else trained.epochs,
            )
        )
    return members


def _member(name: str, candidate: Candidate) -> Similar:
    return Similar(
        name=name,
        candidate=candidate,
        distance=0.0,
        cost=cost(candidate.network),
        differences=(),
        of_choices=False,
    )


def _predictor(
    predictor: str | Path | WeightPredictor | None,
    space: SearchSpace | None,
    data: Dataset,
    by: By,
    listen: Listener,
) -> WeightPredictor | None:
    """The hypernetwork that embeds the networks; None if there is none or none is needed."""
    if by == "costs":
        return None
    quiet = ignore if predictor is None else listen  # the notes are on ranking
    try:
        if space is None:
            found = module_predictor_of(predictor, data, quiet)
        else:
            found = predictor_of(predictor, space, data, quiet)
    except UnknownNameError:
        if predictor is not None:
            raise
        found = UntrainedWeights(data.task)
    if not isinstance(found, UntrainedWeights):
        return found
    if by == "embedding":
        raise ConfigError(
            "distances by the embedding need a hypernetwork, and there is none",
            hint="Measure them by costs, or give a hypernetwork.",
        )
    missing = "No hypernetwork was asked for"
    if predictor is None:
        missing = f"There is no hypernetwork for these networks on data set {data.name!r}"
    listen(Noted(text=f"{missing}, so distances are by costs alone."))
    return None
