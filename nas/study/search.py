"""The complete search: from a space and a data set to a trained network."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from nas.config import changed
from nas.errors import ConfigError, described
from nas.evaluate.named import data_of, predictor_of, space_of
from nas.events import ignore
from nas.measure.profile import profile_of
from nas.study.baselines import baselines_of
from nas.study.goals.functions import registered_functions
from nas.study.search_config import SearchConfig
from nas.study.search_run import run_search

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from nas.evaluate.named import UserData
    from nas.events import Listener
    from nas.measure.profile import DeviceProfile
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.own_space import Build
    from nas.space.search_space import SearchSpace
    from nas.study.baselines import Baseline
    from nas.study.result import SearchResult


def search(
    space: str | SearchSpace | type[SearchSpace] | Build,
    data: UserData,
    predictor: str | Path | WeightPredictor | None = None,
    config: SearchConfig | None = None,
    *,
    baselines: Mapping[str, Baseline] | None = None,
    latency: str | Path | DeviceProfile | None = None,
    executor: Executor | None = None,
    listen: Listener = ignore,
    **options: Any,
) -> SearchResult:
    """Find architectures by scoring them with predicted weights, and train the best.

    A sampler proposes candidates in generations. Each generation is scored as one batch and
    recorded before the next one begins. Then ``finalists`` are trained briefly: the best in rank,
    a few probes that measure how far the ranking can be trusted, and the candidates that rank best
    after each training; see :mod:`nas.study.selection.finalist_selector`. On a graph, if the
    ranking proves unreliable, mutants of the best follow; see
    :mod:`nas.study.selection.mutation_selector`. Successive halving trains the best finalists
    longer on each rung, and the best of the last rung to the end. A fully trained network is
    tested once. With further objectives such as ``params``, the best Pareto fronts are trained
    longer, in the order of accuracy. Repeating the call continues a stopped or killed search.

    Args:
        space: A space at full size, a class of spaces, the name of a registered one, perhaps with
            sizes (``"nasnet:channels=8"``), or a function as :func:`nas.own_space` takes it. The
            predictor's card sets the size at which candidates are scored.
        data: A data set of the space's task, its name or path, a map-style data set of torch, or a
            ``Data`` of torch-geometric.
        predictor: A hypernetwork, or its name or directory; by default the shipped one that fits.
            A torch module is moved to the device.
        config: Settings of the search; the defaults of :class:`nas.study.SearchConfig` if None.
        baselines: Your own networks by name. They are trained on the same rungs, and the best one
            is the result if no architecture of the space beats it. Each is a torch module, trained
            from its own initial values, a graph, or a function that returns one.
        latency: A device that was measured, or the file of its measurements; objectives and
            constraints may then name ``latency``, ``memory`` and ``energy`` on it:
            ``constraints="latency<=5ms"``. See :func:`nas.device_profile`.
        executor: Runs scoring and trainings, such as ``nas.execution.Workers(4)`` for four
            processes, or that of Dask or MPI for many machines; by default this process does. The
            result does not depend on it. It is left open.
        listen: Receives events of the progress.
        options: Fields of the configuration that differ from it, such as ``n_trials=500`` or
            ``constraints="params<=2e6"``. An objective may be a function of a graph, with its
            direction: ``objectives=["score", (nodes, "min")]`` after ``def nodes(graph): ...``.
            It is recorded by name; a call that continues the search passes it again.

    Raises:
        ConfigError: An option is unknown or out of range, or space, data and predictor have a
            wrong type or do not fit.
        UnknownNameError: There is no space, data set or hypernetwork of this name.
        DataError: The data cannot be read.
        InfeasibleError: No candidate satisfied the constraints.
        StudyError: Folder or storage hold another search or cannot be used, another space was
            measured, or no candidate could be scored.
        TrainingError: Every finalist failed.
    """
    if not callable(listen):
        raise ConfigError(f"expected listen as a function of an event, got {described(listen)}")
    with ExitStack() as stack:
        profile = None if latency is None else profile_of(latency)
        if profile is not None:
            stack.enter_context(profile.as_figures())
        if "objectives" in options:
            functions = registered_functions(options["objectives"])
            options["objectives"] = stack.enter_context(functions)
        config = changed(SearchConfig() if config is None else config, options)
        if not isinstance(config, SearchConfig):
            raise ConfigError(
                f"expected config as a nas.study.SearchConfig, got {described(config)}"
            )
        found_data = data_of(data, listen)
        found_space = space_of(space, found_data.task)
        if profile is not None:
            profile.check_space(found_space, "`nas.device_profile(space, data, out=FILE)`.")
        found_predictor = predictor_of(predictor, found_space, found_data, listen)
        return run_search(
            found_space,
            found_data,
            found_predictor,
            config,
            listen,
            baselines=baselines_of(baselines or {}, found_data.task),
            executor=executor,
        )
