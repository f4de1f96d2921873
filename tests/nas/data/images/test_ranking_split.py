from __future__ import annotations

import pytest

from nas.data.images.ranking_split import precision_notes
from nas.metric import METRICS

ACCURACY, R2 = METRICS["image-classification"], METRICS["image-regression"]


def test_a_small_ranking_split_is_warned_of() -> None:
    (drawn,) = precision_notes(22, ACCURACY, is_given=False)
    (given,) = precision_notes(22, ACCURACY, is_given=True)
    said = "The ranking split has 22 images: an accuracy of 80% is known to ± 8.9 points. So few"
    assert drawn.startswith(said)
    assert given.startswith(said)
    assert "--val-fraction" in drawn
    assert "--val-fraction" not in given


@pytest.mark.parametrize(("images", "notes"), [(99, 1), (100, 1), (499, 1), (500, 0)])
def test_a_large_ranking_split_needs_no_note(images: int, notes: int) -> None:
    found = precision_notes(images, ACCURACY, is_given=False)
    assert len(found) == notes
    assert any("So few" in note for note in found) == (images < 100)


def test_the_precision_of_a_regression_is_in_its_own_metric() -> None:
    (note,) = precision_notes(200, R2, is_given=False)
    assert note == "The ranking split has 200 images: an R² of 0.8 is known to ± 0.025."
