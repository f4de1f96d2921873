"""The section on the data set."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from markupsafe import Markup

from nas.data.digits_knn import load as load_nodes
from nas.data.image_dataset import make_dataset
from nas.data.regression import make_regression_dataset
from nas.report.page.material import Material
from nas.report.page.sections.data import data

if TYPE_CHECKING:
    from nas.data.dataset import Dataset


def section(found: Dataset, fingerprint: str | None = None) -> str:
    identity = {"dataset": {"fingerprint": fingerprint or found.fingerprint}}
    run: Any = SimpleNamespace(identity=identity)
    made = data(Material(run=run, data=found))
    return "" if made is None else Markup("").join(made.parts)


def plain(text: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", text).split())


def noise(count: int, side: int) -> torch.Tensor:
    return torch.randint(256, (count, 3, side, side), dtype=torch.uint8)


def parts_of(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return tuple(torch.arange(count).tensor_split((count - 20, count - 10)))  # type: ignore[return-value]


def test_each_class_shows_a_few_of_its_images() -> None:
    images, labels = noise(60, 8), torch.arange(60) % 3
    names = ("cat", "dog", "<emu>")
    found = make_dataset("mine", images, labels, classes=3, parts=parts_of(60), class_names=names)
    text = section(found)

    shown = re.findall(r'alt="Training image (\d+): ([^"]*)"', text)
    assert [name for _, name in shown] == ["cat"] * 4 + ["dog"] * 4 + ["&lt;emu&gt;"] * 4
    assert all(names[int(labels[int(place)])][:3] == name[:3] for place, name in shown[:8])
    assert "cat 14 3 3" in plain(text)


def test_a_regression_shows_images_from_the_lowest_to_the_highest_target() -> None:
    targets = torch.linspace(3, 62, 60)[torch.randperm(60)]
    found = make_regression_dataset(
        "mine", noise(60, 8), targets, parts=parts_of(60), flip=False, target_names=("age",)
    )
    shown = [float(age) for age in re.findall(r"<div>age ([\d.]+)</div>", section(found))]

    assert len(shown) == 12
    assert shown == sorted(shown)
    train = targets[:40]
    assert (shown[0], shown[-1]) == (round(float(train.min()), 2), round(float(train.max()), 2))


def test_a_graph_shows_its_size() -> None:
    text = section(load_nodes())

    assert "nodes 1,797" in plain(text)
    assert "<img" not in text


def test_many_classes_of_large_images_take_little_space() -> None:
    labels = torch.arange(300) % 100
    found = make_dataset("mine", noise(300, 200), labels, classes=100, parts=parts_of(300))
    text = section(found)

    assert text.count("<img") == 48
    assert len(text) < 700_000, "even where nothing can be compressed"


def test_the_data_set_of_another_run_is_not_shown() -> None:
    found = make_dataset(
        "mine", noise(60, 8), torch.zeros(60).long(), classes=1, parts=parts_of(60)
    )
    assert section(found, "another") == ""
