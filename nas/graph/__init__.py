"""Architectures as values: operations, nodes, graphs, and their builder."""

from nas.graph.builder import GraphBuilder, Value
from nas.graph.check import check
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.op import OPS, FreeOp, Op, OpFeatures, ParamSpec, Role, operation
from nas.graph.tensor_spec import Shape, TensorSpec

__all__ = [
    "OPS",
    "FreeOp",
    "Graph",
    "GraphBuilder",
    "Node",
    "Op",
    "OpFeatures",
    "ParamSpec",
    "Role",
    "Shape",
    "TensorSpec",
    "Value",
    "check",
    "operation",
]
