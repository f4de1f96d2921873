"""Weights for a network of one's own, without and before training it.

python examples/03_predict.py
"""

import torch
from torch import Tensor, nn

import hypernets
import nas
from nas.training import Classifier, evaluate, measure_gain


class Residual(nn.Module):
    """Any torch module will do."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.conv(x)))


torch.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    Residual(32),
    nn.MaxPool2d(2),
    Residual(32),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(32, 10),
)
network = Classifier(model)
default = {name: tensor.clone() for name, tensor in network.state_dict().items()}

data = nas.load_dataset("digits")
(images,) = data.train.spread(256).whole().inputs
hypernet = hypernets.load("deepnets-digits")  # `hypernet(model)` does the same without a report
predicted = hypernets.predict_module(hypernet, model, images[:1], calibration=images)
print(f"{predicted.coverage.share:.0%} of {predicted.coverage.total:,} parameters predicted")
print(f"test accuracy {evaluate(network, data.test).accuracy:.1%} without any training")

gain = measure_gain(network, default, data, steps=15)
print(f"on the ranking split after {gain.steps} steps of training:")
print(f"  {gain.predicted.after:.1%} from predicted weights ({gain.predicted.before:.1%} before)")
print(f"  {gain.default.after:.1%} from torch's own ({gain.default.before:.1%} before)")
