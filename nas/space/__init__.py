"""The contract of search spaces, and candidates drawn from them."""

from nas.space.candidate import Candidate, candidate, crossover, mutate, sample
from nas.space.constrained_sampling import sample_feasible, sample_preferring
from nas.space.own_space import own_space
from nas.space.search_space import Params, SearchSpace
from nas.space.trial import ReplayTrial, Trial
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

__all__ = [
    "IMAGE_CLASSIFICATION",
    "NODE_CLASSIFICATION",
    "Candidate",
    "Params",
    "ReplayTrial",
    "SearchSpace",
    "Task",
    "Trial",
    "candidate",
    "crossover",
    "mutate",
    "own_space",
    "sample",
    "sample_feasible",
    "sample_preferring",
]
