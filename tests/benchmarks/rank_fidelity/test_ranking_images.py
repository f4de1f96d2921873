from __future__ import annotations

from benchmarks.rank_fidelity import ranking_images


def test_each_figure_has_its_tau_on_each_set_and_between_sets() -> None:
    forward, back = [1.0, 2.0, 3.0], [3.0, 2.0, 1.0]
    table = {
        "predictor": "toy",
        "accuracies": [[10.0], [20.0], [30.0]],
        "figures": {"score": [forward, forward, back]},
    }
    *_, row = ranking_images.lines({"table": table})
    assert row == "| table | `toy` | score | 1.00, 1.00, -1.00 | 1.15 | -0.33 |"
