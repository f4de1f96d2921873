"""Networks that did not design the fitted start."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import nn

import search_spaces
from nas.compile.module import to_module
from nas.seeding import rng
from nas.space.candidate import sample
from tests.zoo.torchvision_shim import import_torchvision

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.task.task import Task

SPACES = {
    "resnet": ("", 3),
    "nb201": ("channels=8,cells=1", 3),
    "nb101": ("channels=8", 1),
    "anynet": ("max_width=48,max_depth=2", 1),
    "regnet": ("max_width=48,max_depth=6", 2),
    "deepnets": ("channels=8,max_cells=3", 2),
}
"""Sizes and number of random networks of each space."""


def _torchvision(path: str, task: Task, *args: Any, **options: Any) -> nn.Module:
    make = import_torchvision().models
    for part in path.split("."):
        make = getattr(make, part)
    network: nn.Module = make(*args, num_classes=task.classes, **options)
    return network


def _timm(path: str, task: Task, **options: Any) -> nn.Module:
    import_torchvision()
    home, _, name = path.rpartition(".")
    module = importlib.import_module(f"timm.models.{home}")
    block = options.pop("block", None)
    if block is not None:
        options["block"] = getattr(module, block)
    network: nn.Module = getattr(module, name)(
        num_classes=task.classes, in_chans=task.channels, **options
    )
    return network


def _resnet(task: Task, **options: Any) -> nn.Module:
    """Timm's ResNet with a stem of 3x3 and no pooling before the blocks."""
    network = _timm("resnet.ResNet", task, layers=(1, 1, 1, 1), **options)
    network.conv1 = nn.Conv2d(task.channels, 64, 3, 2, 1, bias=False)
    network.maxpool = nn.Identity()
    return network


def _preactivated(task: Task) -> nn.Module:
    import_torchvision()
    layers = importlib.import_module("timm.layers")
    return _timm(
        "resnetv2.ResNetV2",
        task,
        layers=(1, 1, 1),
        channels=(32, 64, 96),
        conv_layer=layers.create_conv2d,
        norm_layer=layers.BatchNormAct2d,
    )


def _regnet(task: Task) -> nn.Module:
    import_torchvision()
    kind = importlib.import_module("torchvision.models.regnet").BlockParams
    sizes = kind.from_init_params(depth=5, w_0=16, w_a=12.0, w_m=2.0, group_width=8)
    return _torchvision("RegNet", task, sizes, stem_width=16)


def _convnext(task: Task) -> nn.Module:
    import_torchvision()
    block = importlib.import_module("torchvision.models.convnext").CNBlockConfig
    sizes = [block(32, 64, 2), block(64, None, 2)]
    return _torchvision("ConvNeXt", task, sizes)


def _efficientnet(task: Task) -> nn.Module:
    import_torchvision()
    block = importlib.import_module("torchvision.models.efficientnet").MBConvConfig
    sizes = [block(3, 3, 2, 16, 24, 2, 1.0, 1.0), block(3, 5, 2, 24, 40, 2, 1.0, 1.0)]
    return _torchvision("EfficientNet", task, sizes, 0.1, last_channel=160)


def _small_images(task: Task) -> dict[str, Any]:
    return {"img_size": task.resolution, "patch_size": task.resolution // 4}


LIBRARIES: dict[str, Callable[[Task], nn.Module]] = {
    "timm ResNet": partial(_resnet, block="BasicBlock", channels=(24, 32, 48, 64)),
    "timm ResNeXt": partial(
        _resnet, block="Bottleneck", channels=(8, 12, 16, 24), cardinality=4, base_width=24
    ),
    "timm ResNetV2": _preactivated,
    "timm ViT": lambda task: _timm(
        "vision_transformer.VisionTransformer",
        task,
        embed_dim=48,
        depth=3,
        num_heads=3,
        mlp_ratio=2.0,
        **_small_images(task),
    ),
    "timm Mixer": lambda task: _timm(
        "mlp_mixer.MlpMixer", task, num_blocks=3, embed_dim=48, **_small_images(task)
    ),
    "torchvision ConvNeXt": _convnext,
    "torchvision MobileNetV2": lambda task: _torchvision(
        "MobileNetV2",
        task,
        width_mult=0.5,
        inverted_residual_setting=[[1, 16, 1, 1], [3, 24, 2, 2], [3, 32, 2, 2]],
    ),
    "torchvision RegNet": _regnet,
    "torchvision DenseNet": lambda task: _torchvision("DenseNet", task, 8, (2, 3, 2), 16),
    "torchvision ShuffleNetV2": lambda task: _torchvision(
        "ShuffleNetV2", task, [1, 2, 1], [12, 24, 48, 64, 96]
    ),
    "torchvision Swin": lambda task: _torchvision(
        "SwinTransformer", task, [2, 2], 24, [1, 2], [2, 4], [4, 4], mlp_ratio=2.0
    ),
    "torchvision EfficientNet": _efficientnet,
}


def _random(space: str, sizes: str, index: int, task: Task) -> nn.Module:
    made = search_spaces.get(f"{space}:{sizes}" if sizes else space, task)
    return to_module(sample(made, rng(0, "starts", space, index)).network)


RANDOM: dict[str, Callable[[Task], nn.Module]] = {
    f"{space} {index + 1}": partial(_random, space, sizes, index)
    for space, (sizes, count) in SPACES.items()
    for index in range(count)
}

NETWORKS = {**LIBRARIES, **RANDOM}
"""What makes each of them for a task, with the library's own initial weights."""
