from __future__ import annotations

import pytest
import torch

from nas.data.regression import make_regression_dataset
from nas.errors import DataError

PARTS = tuple(torch.arange(10) + start for start in (0, 10, 20))


def dataset(targets: torch.Tensor, names: tuple[str, ...] = ()):
    images = torch.randint(256, (30, 1, 4, 4), dtype=torch.uint8)
    return make_regression_dataset(
        "toy",
        images,
        targets,
        parts=PARTS,  # type: ignore[arg-type]
        flip=True,
        target_names=names,
    )


def test_targets_are_standardised_over_the_training_split() -> None:
    targets = torch.stack([torch.linspace(0, 5, 30), torch.linspace(7, -90, 30)], 1)
    data = dataset(targets, ("width", "height"))
    assert data.task.kind == "image-regression"
    assert (data.task.classes, data.targets.names) == (2, ("width", "height"))
    torch.testing.assert_close(data.train.labels.mean(0), torch.zeros(2), atol=1e-6, rtol=0)
    torch.testing.assert_close(data.train.labels.std(0), torch.ones(2))
    scale, shift = torch.tensor(data.targets.std), torch.tensor(data.targets.mean)
    torch.testing.assert_close(data.test.labels * scale + shift, targets[20:])


def test_one_target_may_be_a_vector() -> None:
    data = dataset(torch.arange(30))
    assert data.train.labels.shape == (10, 1)
    assert data.targets.names == ("target0",)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (torch.ones(30), "'target0' of 'toy' is the same for all training images"),
        (torch.full((30,), torch.nan), "not finite"),
        (torch.arange(29), "29 rows for 30 images"),
    ],
)
def test_faulty_targets_are_refused(targets: torch.Tensor, message: str) -> None:
    with pytest.raises(DataError, match=message):
        dataset(targets)


def test_a_name_is_needed_for_each_target() -> None:
    with pytest.raises(DataError, match="has 1 targets, but 2 names"):
        dataset(torch.arange(30), ("a", "b"))
