"""The vision transformer of DeepNets-1M; its ResNet-50 is the usual one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search_spaces.cells.genotype import Edge, Genotype
from search_spaces.deepnets.network import plan_network
from search_spaces.deepnets.plan import Plan, Stem
from search_spaces.reference.registry import register

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.task.task import Task

_CELLS = Genotype(
    normal=((Edge("none", 0), Edge("msa", 1)),),
    normal_concat=(2,),
    reduce=((Edge("none", 0), Edge("avg_pool_3x3", 1)),),
    reduce_concat=(2,),
)
_PLAN = Plan(cells=12, genotype=_CELLS, stem=Stem(kind="patch"), project=False)


@register("deepnets_vit")
def deepnets_vit(task: Task, *, width: int = 128) -> Graph:
    """Ten layers of attention and two of pooling on patches (Knyazev et al. 2021)."""
    return plan_network(_PLAN, task, width, _PLAN.cells)
