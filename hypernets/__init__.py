"""Hypernetworks that read architecture graphs and predict their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.registry import lazy_names

if TYPE_CHECKING:
    from hypernets.cards import shipped
    from hypernets.checkpoint import load, save
    from hypernets.config import HypernetConfig
    from hypernets.families import HYPERNETS, Family
    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from hypernets.hyper_lstm import HyperLSTM, HyperLSTMCell
    from hypernets.ranks import Ranks, join_ranks
    from hypernets.training.config import HypernetTraining
    from hypernets.training.train import train_hypernet
    from nas.evaluate.predicted_module import PredictedModule, predict_module

_HOMES = {
    "HYPERNETS": "hypernets.families",
    "Family": "hypernets.families",
    "GraphHyperNetwork": "hypernets.graph_hypernetwork",
    "HyperLSTM": "hypernets.hyper_lstm",
    "HyperLSTMCell": "hypernets.hyper_lstm",
    "HypernetConfig": "hypernets.config",
    "HypernetTraining": "hypernets.training.config",
    "PredictedModule": "nas.evaluate.predicted_module",
    "Ranks": "hypernets.ranks",
    "join_ranks": "hypernets.ranks",
    "load": "hypernets.checkpoint",
    "predict_module": "nas.evaluate.predicted_module",
    "save": "hypernets.checkpoint",
    "shipped": "hypernets.cards",
    "train_hypernet": "hypernets.training.train",
}

__all__ = [
    "HYPERNETS",
    "Family",
    "GraphHyperNetwork",
    "HyperLSTM",
    "HyperLSTMCell",
    "HypernetConfig",
    "HypernetTraining",
    "PredictedModule",
    "Ranks",
    "join_ranks",
    "load",
    "predict_module",
    "save",
    "shipped",
    "train_hypernet",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
