"""Search spaces of the literature, by name."""

from search_spaces.cells.darts import Darts
from search_spaces.cells.genotype import Edge, Genotype
from search_spaces.cells.nasnet import NasNet
from search_spaces.cells.nb101 import NasBench101
from search_spaces.cells.nb201 import NasBench201
from search_spaces.deepnets.space import DeepNets
from search_spaces.nodes.auto_gnn import AutoGnn
from search_spaces.nodes.gnn_layers import GnnLayers
from search_spaces.nodes.graphgym import GraphGym
from search_spaces.nodes.graphnas import GraphNas
from search_spaces.nodes.nasbench_graph import NasBenchGraph
from search_spaces.registry import SPACES, get, names
from search_spaces.stages.anynet import AnyNet
from search_spaces.stages.mnasnet import MnasNet
from search_spaces.stages.regnet import RegNet
from search_spaces.stages.resnet import ResNet

__all__ = [
    "SPACES",
    "AnyNet",
    "AutoGnn",
    "Darts",
    "DeepNets",
    "Edge",
    "Genotype",
    "GnnLayers",
    "GraphGym",
    "GraphNas",
    "MnasNet",
    "NasBench101",
    "NasBench201",
    "NasBenchGraph",
    "NasNet",
    "RegNet",
    "ResNet",
    "get",
    "names",
]
