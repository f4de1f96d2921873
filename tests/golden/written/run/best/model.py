"""A network found by neural architecture search: 5,214 parameters.

Plain PyTorch; needs no other package than safetensors, for the weights.

    network = load()
    scores = network(preprocess(images))  # bytes 0..255: uint8, (B, 1, H, W)
    classes = scores.argmax(1)  # indices into CLASSES
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

MEAN = (77.92662811279297,)
STD = (95.82491302490234,)
"""Of each channel of the training images, in the unit of their bytes, 0..255."""

SIZE = (8, 8)
"""Height and width of the images it was trained on."""

CLASSES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
"""Names in the order of the scores; None where the data set has none."""


class Network(nn.Module):
    """Input (1, 1, 8, 8) with any batch size, output (1, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Module()
        self.stem.conv = nn.Conv2d(1, 4, 3, padding=1, bias=False)
        self.stem.norm = nn.BatchNorm2d(4)
        self.stage0 = nn.Module()
        self.stage0.cell0 = nn.Module()
        self.stage0.cell0.edge_1_3 = nn.Module()
        self.stage0.cell0.edge_1_3.conv = nn.Conv2d(4, 4, 1, bias=False)
        self.stage0.cell0.edge_1_3.norm = nn.BatchNorm2d(4)
        self.stage1 = nn.Module()
        self.stage1.reduce = nn.Module()
        self.stage1.reduce.first = nn.Module()
        self.stage1.reduce.first.conv = nn.Conv2d(4, 8, 3, stride=2, padding=1, bias=False)
        self.stage1.reduce.first.norm = nn.BatchNorm2d(8)
        self.stage1.reduce.second = nn.Module()
        self.stage1.reduce.second.conv = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.stage1.reduce.second.norm = nn.BatchNorm2d(8)
        self.stage1.reduce.shortcut = nn.Module()
        self.stage1.reduce.shortcut.conv = nn.Conv2d(4, 8, 1, bias=False)
        self.stage1.cell0 = nn.Module()
        self.stage1.cell0.edge_1_3 = nn.Module()
        self.stage1.cell0.edge_1_3.conv = nn.Conv2d(8, 8, 1, bias=False)
        self.stage1.cell0.edge_1_3.norm = nn.BatchNorm2d(8)
        self.stage2 = nn.Module()
        self.stage2.reduce = nn.Module()
        self.stage2.reduce.first = nn.Module()
        self.stage2.reduce.first.conv = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False)
        self.stage2.reduce.first.norm = nn.BatchNorm2d(16)
        self.stage2.reduce.second = nn.Module()
        self.stage2.reduce.second.conv = nn.Conv2d(16, 16, 3, padding=1, bias=False)
        self.stage2.reduce.second.norm = nn.BatchNorm2d(16)
        self.stage2.reduce.shortcut = nn.Module()
        self.stage2.reduce.shortcut.conv = nn.Conv2d(8, 16, 1, bias=False)
        self.stage2.cell0 = nn.Module()
        self.stage2.cell0.edge_1_3 = nn.Module()
        self.stage2.cell0.edge_1_3.conv = nn.Conv2d(16, 16, 1, bias=False)
        self.stage2.cell0.edge_1_3.norm = nn.BatchNorm2d(16)
        self.last = nn.Module()
        self.last.norm = nn.BatchNorm2d(16)
        self.classifier = nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.stem.conv(x)
        stem_norm = self.stem.norm(y)
        y = x.new_zeros((x.shape[0], 4, 8, 8))
        y = self.stage0.cell0.edge_1_3.conv(y)
        y = self.stage0.cell0.edge_1_3.norm(y)
        stage0_cell0_node3 = stem_norm + y
        y = F.relu(stage0_cell0_node3)
        y = self.stage1.reduce.first.conv(y)
        y = self.stage1.reduce.first.norm(y)
        y = F.relu(y)
        y = self.stage1.reduce.second.conv(y)
        stage1_reduce_second_norm = self.stage1.reduce.second.norm(y)
        y = F.avg_pool2d(stage0_cell0_node3, (2, 2), 2, (0, 0), count_include_pad=False)
        y = self.stage1.reduce.shortcut.conv(y)
        stage1_reduce_add = y + stage1_reduce_second_norm
        y = x.new_zeros((x.shape[0], 8, 4, 4))
        y = self.stage1.cell0.edge_1_3.conv(y)
        y = self.stage1.cell0.edge_1_3.norm(y)
        stage1_cell0_node3 = stage1_reduce_add + y
        y = F.relu(stage1_cell0_node3)
        y = self.stage2.reduce.first.conv(y)
        y = self.stage2.reduce.first.norm(y)
        y = F.relu(y)
        y = self.stage2.reduce.second.conv(y)
        stage2_reduce_second_norm = self.stage2.reduce.second.norm(y)
        y = F.avg_pool2d(stage1_cell0_node3, (2, 2), 2, (0, 0), count_include_pad=False)
        y = self.stage2.reduce.shortcut.conv(y)
        stage2_reduce_add = y + stage2_reduce_second_norm
        y = x.new_zeros((x.shape[0], 16, 2, 2))
        y = self.stage2.cell0.edge_1_3.conv(y)
        y = self.stage2.cell0.edge_1_3.norm(y)
        y = stage2_reduce_add + y
        y = self.last.norm(y)
        y = F.relu(y)
        y = F.adaptive_avg_pool2d(y, 1)
        y = y.flatten(1)
        classifier = self.classifier(y)
        return classifier


WEIGHTS = Path(__file__).with_name("model.safetensors")


def load(path: str | Path = WEIGHTS) -> Network:
    """The network with the weights in a safetensors file, ready for inference."""
    from safetensors.torch import load_file

    network = Network()
    network.load_state_dict(load_file(path))
    return network.eval()


def preprocess(images: torch.Tensor) -> torch.Tensor:
    """What the network takes: byte images (B, C, H, W) resized and normalised as in training."""
    if images.dtype != torch.uint8:
        raise TypeError(f"expected images in bytes 0..255 (torch.uint8), got {images.dtype}")
    pixels = nn.functional.interpolate(images.float(), SIZE, mode="area").round()
    mean = torch.tensor(MEAN, device=images.device)[:, None, None]
    std = torch.tensor(STD, device=images.device)[:, None, None]
    return (pixels - mean) / std


if __name__ == "__main__":
    print(load()(torch.zeros((1, 1, 8, 8))))
