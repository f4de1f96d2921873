from __future__ import annotations

import re

import torch
from markupsafe import Markup

from nas.data.regression import make_regression_dataset
from nas.evaluate.residuals import Residuals
from nas.metric import METRICS
from nas.report.page.residual_parts import residual_parts

METRIC = METRICS["image-regression"]
TRUE = torch.stack([torch.linspace(0, 5, 30), torch.linspace(700, -900, 30)], 1)
DATA = make_regression_dataset(
    "toy",
    torch.zeros(30, 1, 8, 8, dtype=torch.uint8),
    TRUE,
    parts=(torch.arange(10), torch.arange(10, 20), torch.arange(20, 30)),
    flip=True,
    target_names=("width", "<b>"),
)


def shown(predicted: torch.Tensor) -> str:
    assert DATA.targets is not None
    found = Residuals(DATA.targets, TRUE[20:], predicted)
    return Markup("").join(residual_parts(found, DATA, METRIC, worst=3))


def plain(text: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", text).split())


def test_each_target_has_its_errors_and_a_figure() -> None:
    predicted = TRUE[20:].clone()
    predicted[:, 0] += 0.25
    text = shown(predicted)

    assert text.count('class="chart"') == 2
    assert "width 0.745 ± 0.093 0.25 0.25 0.25" in plain(text)
    assert "&lt;b&gt; 1.000 ± 0.000 0 0 0" in plain(text)


def test_the_largest_errors_are_shown_with_their_images() -> None:
    predicted = TRUE[20:].clone()
    predicted[4, 0] = -1.5
    text = shown(predicted)

    assert text.count("image/png") == 3
    first = text.split('class="gallery"')[1].split("</li>")[0]
    assert 'alt="Test image 4: width is 4.138, predicted -1.5"' in first
    assert "width 4.138, predicted <strong>-1.5</strong>" in first
