"""Reference networks against the parameters and multiply-adds of torchvision and timm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from nas.analysis.cost import cost
from nas.compile.apply import apply
from nas.errors import UnknownNameError
from nas.graph.check import check
from nas.graph.op import Role
from nas.task.task import Task
from search_spaces.reference import (
    densenet121,
    mobilenet_v2,
    reference,
    reference_names,
    resnet18,
    resnet50,
    vgg11_bn,
    vit_b_16,
)

ZOO = json.loads((Path(__file__).parents[2] / "golden" / "zoo_params.json").read_text())
PHOTOS = Task(classes=1000, channels=3, resolution=224)
CIFAR = Task(classes=10, channels=3, resolution=32)
DIGITS = Task(classes=10, channels=1, resolution=8)


@pytest.mark.parametrize(
    "name",
    ["densenet121", "mobilenet_v2", "resnet18", "resnet50", "vgg11_bn", "vgg16_bn", "vit_b_16"],
)
def test_parameters_of_torchvision(name) -> None:
    assert cost(reference(name, PHOTOS)).params == ZOO["torchvision"]["params"][name]


@pytest.mark.parametrize(
    ("name", "timm"),
    [("vit_ti_16", "vit_tiny_patch16_224"), ("vit_s_16", "vit_small_patch16_224")],
)
def test_parameters_of_timm(name, timm) -> None:
    assert cost(reference(name, PHOTOS)).params == ZOO["timm"]["params"][timm]


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("densenet121", 2.834),
        ("mobilenet_v2", 0.301),
        ("resnet18", 1.814),
        ("resnet50", 4.089),
        ("vgg11_bn", 7.609),
        ("vgg16_bn", 15.47),
        ("vit_b_16", 17.564),
    ],
)
def test_multiply_adds_as_torchvision_prints_them(name, published) -> None:
    """The digits of ``_ops`` in its weight metadata, in billions."""
    assert cost(reference(name, PHOTOS)).macs / 1e9 == pytest.approx(published, abs=6e-4)


@pytest.mark.parametrize(("name", "cifar"), [("vgg11_bn", "VGG-11-BN"), ("vgg16_bn", "VGG-16-BN")])
def test_parameters_of_the_cifar_versions(name, cifar) -> None:
    assert cost(reference(name, CIFAR)).params == ZOO["cifar"]["params"][cifar]


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_the_cifar_stem_is_a_smaller_window(name) -> None:
    """3x3 in place of 7x7, and 10 in place of 1000 classes; all else is the same."""
    features = 512 if name == "resnet18" else 2048
    smaller = 3 * 64 * (49 - 9) + (features + 1) * 990
    assert cost(reference(name, CIFAR)).params == ZOO["torchvision"]["params"][name] - smaller


@pytest.mark.parametrize("task", [CIFAR, DIGITS], ids=["cifar", "digits"])
@pytest.mark.parametrize("name", reference_names())
def test_small_images(name, task) -> None:
    graph = reference(name, task)
    check(graph)
    (output,) = graph.outputs
    assert graph.shapes[output] == (1, 10)
    heads = [spec for spec in graph.parameters().values() if spec.role == Role.CLASS_WEIGHT]
    assert [spec.shape[0] for spec in heads] == [10]


@pytest.mark.parametrize(
    "graph",
    [
        resnet18(CIFAR, width=8),
        resnet50(CIFAR, width=4),
        vgg11_bn(CIFAR, width=4),
        mobilenet_v2(CIFAR, width=0.25),
        densenet121(CIFAR, growth=4),
        vit_b_16(CIFAR, width=64, depth=2),
    ],
    ids=["resnet18", "resnet50", "vgg11_bn", "mobilenet_v2", "densenet121", "vit"],
)
def test_narrow_ones_run(graph) -> None:
    torch.manual_seed(0)
    params = {
        name: torch.randn(spec.shape) * 0.1 + (spec.role == Role.SCALE)
        for name, spec in graph.parameters().items()
    }
    images = torch.randn(2, 3, 32, 32)
    scores = apply(graph, params, images)
    assert scores.shape == (2, 10)
    assert torch.isfinite(scores).all()
    assert not torch.equal(scores[0], scores[1])


def test_mobilenet_rounds_widths_to_eights() -> None:
    graph = mobilenet_v2(PHOTOS, width=0.35)
    assert graph.shapes["stem.relu6"][1] == 16
    assert graph.shapes["stage1.block0.project.norm"][1] == 8
    assert graph.shapes["last.relu6"][1] == 1280


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet50'"):
        reference("resnet5", CIFAR)
