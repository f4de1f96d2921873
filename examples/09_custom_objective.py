"""An objective of one's own: a function of the architecture's graph.

python examples/09_custom_objective.py
"""

import nas
from nas.graph.ops import Conv2d


def convolutions(graph: nas.Graph) -> int:
    """Number of convolutions, which some hardware runs one after another."""
    return sum(isinstance(node.op, Conv2d) for node in graph.nodes)


result = nas.search(
    "resnet",
    "digits",
    n_trials=48,
    objectives=["score", (convolutions, "min")],
    finalists=3,
    max_epochs=5,
)

print("Pareto front (score, convolutions):")
for found in result.pareto:
    print(f"  {found.values[0]:7.3f}  {found.values[1]:3.0f}")
print(f"best: {result.best.name}, test accuracy {result.best.test_accuracy:.1%}")
