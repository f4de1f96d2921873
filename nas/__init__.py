"""Neural architecture search that ranks candidates with weights predicted by hypernetworks.

Names are imported when they are first used, so importing the package is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.registry import lazy_names

if TYPE_CHECKING:
    from nas.analysis.cost import Cost, cost
    from nas.analysis.figure import FIGURES as figures
    from nas.compile.module import to_module
    from nas.data.catalog import load as load_dataset
    from nas.data.dataset import Dataset
    from nas.data.image_dataset import make_dataset
    from nas.data.node_dataset import make_node_dataset
    from nas.errors import NasError
    from nas.evaluate.prediction import Prediction, predict
    from nas.evaluate.ranking import Ranked, rank
    from nas.graph.builder import GraphBuilder
    from nas.graph.graph import Graph
    from nas.measure.measurement import Measurement
    from nas.measure.profile import DeviceProfile
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.own_space import own_space
    from nas.space.search_space import SearchSpace
    from nas.study.devices.network import latency
    from nas.study.devices.run import run_profile
    from nas.study.devices.space import device_profile
    from nas.study.result import Found, SearchResult
    from nas.study.search import search
    from nas.study.single.export import export
    from nas.study.single.similar import Similar, similar
    from nas.study.single.start import start
    from nas.study.single.training import TrainedNetwork, train
    from nas.task.task import Task

_HOMES = {
    "Candidate": "nas.space.candidate",
    "Cost": "nas.analysis.cost",
    "Dataset": "nas.data.dataset",
    "Found": "nas.study.result",
    "Graph": "nas.graph.graph",
    "GraphBuilder": "nas.graph.builder",
    "NasError": "nas.errors",
    "Ranked": "nas.evaluate.ranking",
    "SearchResult": "nas.study.result",
    "SearchSpace": "nas.space.search_space",
    "Similar": "nas.study.single.similar",
    "Task": "nas.task.task",
    "WeightPredictor": "nas.predictor.weight_predictor",
    "cost": "nas.analysis.cost",
    "DeviceProfile": "nas.measure.profile",
    "Measurement": "nas.measure.measurement",
    "device_profile": "nas.study.devices.space",
    "latency": "nas.study.devices.network",
    "run_profile": "nas.study.devices.run",
    "export": "nas.study.single.export",
    "figures": "nas.analysis.figure:FIGURES",
    "load_dataset": "nas.data.catalog:load",
    "make_dataset": "nas.data.image_dataset",
    "make_node_dataset": "nas.data.node_dataset",
    "own_space": "nas.space.own_space",
    "rank": "nas.evaluate.ranking",
    "predict": "nas.evaluate.prediction",
    "search": "nas.study.search",
    "similar": "nas.study.single.similar",
    "start": "nas.study.single.start",
    "train": "nas.study.single.training",
    "TrainedNetwork": "nas.study.single.training",
    "Prediction": "nas.evaluate.prediction",
    "to_module": "nas.compile.module",
}

__all__ = [
    "Candidate",
    "Cost",
    "Dataset",
    "DeviceProfile",
    "Found",
    "Graph",
    "GraphBuilder",
    "Measurement",
    "NasError",
    "Prediction",
    "Ranked",
    "SearchResult",
    "SearchSpace",
    "Similar",
    "Task",
    "TrainedNetwork",
    "WeightPredictor",
    "cost",
    "device_profile",
    "export",
    "figures",
    "latency",
    "load_dataset",
    "make_dataset",
    "make_node_dataset",
    "own_space",
    "predict",
    "rank",
    "run_profile",
    "search",
    "similar",
    "start",
    "to_module",
    "train",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
