"""Hypernetworks that read architecture graphs and predict their weights."""

from hypernets.checkpoint import load, save, shipped
from hypernets.config import HYPERNETS, Family, HypernetConfig
from hypernets.graph_hypernetwork import GraphHyperNetwork
from hypernets.training import HypernetTraining, train_hypernet

__all__ = [
    "HYPERNETS",
    "Family",
    "GraphHyperNetwork",
    "HypernetConfig",
    "HypernetTraining",
    "load",
    "save",
    "shipped",
    "train_hypernet",
]
