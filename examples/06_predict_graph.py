"""Weights for a graph network of one's own, without and before training it.

The graph, ``digits-knn``, needs no download: its nodes are images, its edges lead to the images
most like them. python examples/06_predict_graph.py
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.nn import GATConv, GCNConv

import hypernets
import nas
from nas.training import Classifier, evaluate, graph_call, measure_gain


class Net(nn.Module):
    """Any network on features and edges will do, also one whose ``forward`` takes a record."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.first = GCNConv(features, 64)
        self.second = GATConv(64, classes, heads=4, concat=False)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        x = F.dropout(self.first(x, edge_index).relu(), training=self.training)
        return F.log_softmax(self.second(x, edge_index), dim=1)


torch.manual_seed(0)
data = nas.load_dataset("digits-knn")
graph = data.train.whole().inputs
model = Net(data.task.features, data.task.classes)
network = Classifier(model, arguments=graph_call(model, *graph))
default = {name: tensor.clone() for name, tensor in network.state_dict().items()}

hypernet = hypernets.load("gnn-layers-digits-knn")
# hypernet(model) does the same without a report
predicted = hypernets.predict_module(hypernet, model, graph, calibration=graph)
print(f"{predicted.coverage.share:.0%} of {predicted.coverage.total:,} parameters predicted")
print(f"test accuracy {evaluate(network, data.test).accuracy:.1%} without any training")

gain = measure_gain(network, default, data, steps=15)
print(f"on the ranking split after {gain.steps} steps of training:")
print(f"  {gain.predicted.after:.1%} from predicted weights ({gain.predicted.before:.1%} before)")
print(f"  {gain.default.after:.1%} from default ones ({gain.default.before:.1%} before)")
