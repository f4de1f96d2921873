"""Search for an architecture: the whole of it, from a question to a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas.config import changed
from nas.events import ignore
from nas.study.search_config import SearchConfig
from nas.study.search_run import run_search

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import SearchSpace
    from nas.study.result import SearchResult


def search(
    space: SearchSpace,
    data: Dataset,
    predictor: WeightPredictor,
    config: SearchConfig | None = None,
    *,
    listen: Listener = ignore,
    **options: Any,
) -> SearchResult:
    """Find architectures by scoring them with predicted weights, and train the best.

    Generations of candidates are asked of a sampler, scored as one batch, told, and recorded
    before the next one begins. Then ``finalists`` are trained briefly: the best in rank, a few
    probes that measure how far the ranking can be trusted, and the candidates that rank best after
    each training; see :mod:`nas.study.selection.finalist_selector`. On a graph, where the ranking
    proves unreliable, mutants of the best follow; see
    :mod:`nas.study.selection.mutation_selector`. Successive halving trains the best of these
    longer, again and again, and the best of the last rung to the end; it meets the test split
    once. With objectives such as ``params`` those of the best Pareto fronts are trained longer, by
    the accuracy they have reached. The same call again continues a search that was stopped or
    killed.

    Args:
        space: At full size; the predictor's card says at which size candidates are scored.
        data: The data set of the space's task.
        predictor: Predicts the weights; a torch module is moved to the device.
        config: How to search; the defaults of :class:`nas.study.SearchConfig` if None.
        listen: Receives events of the progress.
        options: Fields of the configuration that differ from it, such as ``n_trials=500`` or
            ``constraints="params<=2e6"``.

    Raises:
        ConfigError: An option is unknown or out of range, or space, data and predictor do not
            fit.
        InfeasibleError: Nothing satisfied the constraints.
        StudyError: Folder or storage hold another search or cannot be used, or no candidate could
            be scored.
        TrainingError: Every finalist failed.
    """
    return run_search(space, data, predictor, changed(config or SearchConfig(), options), listen)
