"""Networks of torchvision and timm, randomly initialised, on small images where they take them."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.zoo.golden import golden
from tests.zoo.torchvision_shim import import_torchvision
from tests.zoo.zoo_network import ZooNetwork, images

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

RESOLUTION = {"torchvision inception_v3": 299} | dict.fromkeys(
    (
        "torchvision vit_b_16",
        "torchvision vit_b_32",
        "torchvision maxvit_t",
        "timm vit_tiny_patch16_224",
        "timm vit_small_patch16_224",
        "timm vit_base_patch16_224",
        "timm deit_tiny_patch16_224",
        "timm mixer_b16_224",
        "timm swin_tiny_patch4_window7_224",
        "timm resmlp_12_224",
        "timm gmlp_s16_224",
    ),
    224,
)
"""Of networks that take no images of 64 x 64."""
AUXILIARY = {"googlenet", "inception_v3"}
"""With heads for training."""


def torchvision_model(name: str) -> nn.Module:
    options: dict[str, Any] = {"init_weights": False} if name in AUXILIARY else {}
    model: nn.Module = import_torchvision().models.get_model(name, weights=None, **options)
    return model


def timm_model(name: str) -> nn.Module:
    import_torchvision()
    model: nn.Module = importlib.import_module("timm").create_model(name, pretrained=False)
    return model


def networks(library: str, build: Callable[[str], nn.Module]) -> list[ZooNetwork]:
    return [network(f"{library} {name}", partial(build, name)) for name in golden(library)]


def network(name: str, build: Callable[[], nn.Module]) -> ZooNetwork:
    library, own_name = name.split()
    resolution = RESOLUTION.get(name, 64)
    return ZooNetwork(
        name=name,
        build=build,
        inputs=images(3, resolution, resolution),
        params=golden(library)[own_name],
        auxiliary=own_name in AUXILIARY,
        slow=True,
    )


TORCHVISION_NETWORKS = networks("torchvision", torchvision_model)
TIMM_NETWORKS = networks("timm", timm_model)
