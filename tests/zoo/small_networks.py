"""All small networks."""

from __future__ import annotations

from tests.zoo.small_graphs import GRAPH_NETWORKS
from tests.zoo.small_images import IMAGE_NETWORKS
from tests.zoo.small_sequences import SEQUENCE_NETWORKS
from tests.zoo.small_structures import STRUCTURE_NETWORKS

SMALL_NETWORKS = [*IMAGE_NETWORKS, *SEQUENCE_NETWORKS, *STRUCTURE_NETWORKS, *GRAPH_NETWORKS]
