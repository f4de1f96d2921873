"""Hypernetworks that read architecture graphs and predict their weights."""

from hypernets.checkpoint import load, save, shipped
from hypernets.config import HYPERNETS, Family, HypernetConfig
from hypernets.graph_hypernetwork import GraphHyperNetwork
from hypernets.hyper_lstm import HyperLSTM, HyperLSTMCell
from hypernets.predicted_module import PredictedModule, predict_module
from hypernets.training import HypernetTraining, train_hypernet

__all__ = [
    "HYPERNETS",
    "Family",
    "GraphHyperNetwork",
    "HyperLSTM",
    "HyperLSTMCell",
    "HypernetConfig",
    "HypernetTraining",
    "PredictedModule",
    "load",
    "predict_module",
    "save",
    "shipped",
    "train_hypernet",
]
