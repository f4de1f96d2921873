"""The contract of search spaces, and candidates drawn from them."""

from nas.space.candidate import Candidate, candidate, crossover, mutate, sample
from nas.space.search_space import Params, SearchSpace
from nas.space.task import IMAGE_CLASSIFICATION, NODE_CLASSIFICATION, Task
from nas.space.trial import ReplayTrial, Trial

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
    "sample",
]
