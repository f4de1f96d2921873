"""Search spaces of the literature, by name."""

from search_spaces.darts import Darts
from search_spaces.deepnets import DeepNets
from search_spaces.genotype import Edge, Genotype
from search_spaces.nasnet import NasNet
from search_spaces.nb201 import NasBench201
from search_spaces.registry import SPACES, get, names

__all__ = [
    "SPACES",
    "Darts",
    "DeepNets",
    "Edge",
    "Genotype",
    "NasBench201",
    "NasNet",
    "get",
    "names",
]
