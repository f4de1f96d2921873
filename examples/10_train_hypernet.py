"""A hypernetwork trained for one space and data set, and how well it ranks compared with costs.

python examples/10_train_hypernet.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from scipy.stats import kendalltau

import hypernets
import nas
import search_spaces

data = nas.load_dataset("digits-knn")
space = search_spaces.get("gnn-layers", data.task)
with TemporaryDirectory() as directory:
    folder = Path(directory)
    training = hypernets.HypernetTraining(steps=60)
    hypernet = hypernets.train_hypernet(space, data, folder / "layers", training=training)
    ranked = nas.rank(space, data, hypernet, sample=8)
    accuracies = []
    for one in ranked:
        out = folder / one.candidate.hash
        figures = nas.train(one.candidate, data, epochs=20, out=out).figures
        accuracies.append(figures.val_accuracy)
        print(
            f"score {one.score:6.3f}, test accuracy {figures.test_accuracy:.1%}", one.architecture
        )
by_score = kendalltau([one.score for one in ranked], accuracies).statistic
by_size = kendalltau([one.cost.params for one in ranked], accuracies).statistic
print(f"Kendall's tau with the accuracy of 8 networks: score {by_score:.2f}, size {by_size:.2f}")
