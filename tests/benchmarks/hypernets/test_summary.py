from __future__ import annotations

from benchmarks.hypernets.cost import Cost
from benchmarks.hypernets.judge import Verdict
from benchmarks.hypernets.subjects import SPLITS
from benchmarks.hypernets.summary import TRUTH, Line, agreement, markdown, remarks


def verdicts(*accuracies: float) -> list[Verdict]:
    return [Verdict(accuracy=value, loss=1 - value) for value in accuracies]


def line(name: str = "ghn2") -> Line:
    """Two seeds; networks of ``wide`` are better by a tenth with the second."""
    found = Line(name)
    for seed, seconds, more, last in ((1, 10.0, 0.0, 0.3), (2, 12.0, 0.1, 0.1)):
        found.costs[seed] = Cost(
            asked=10.0, seconds=seconds, steps=100 * seed, params=2000, bytes=8192
        )
        found.verdicts[seed] = {
            **{split: verdicts(0.1, 0.3) for split in SPLITS},
            "wide": verdicts(0.2 + more, 0.4 + more),
            TRUTH: verdicts(0.1, 0.2, last),
        }
    return found


def test_means_errors_and_the_best():
    """Standard error of 10 and 30: 20 / sqrt(2) / sqrt(2) = 10; seeds give 22 and 24."""
    row = markdown([line()]).splitlines()[2]
    cells = ["ghn2", "2,000", "8", "150", "11", "23.0 (2.0)"]
    splits = ["20.0 ± 10.0 (30.0)", "35.0 ± 10.0 (45.0)", *["20.0 ± 10.0 (30.0)"] * 3]
    assert row == f"| {' | '.join([*cells, *splits])} |"


def test_agreement_with_the_truth():
    """With the first seed all three pairs agree; then one does, one does not, one is equal."""
    row = agreement([line()], [0.5, 0.6, 0.7]).splitlines()[2]
    assert row == "| ghn2 | 0.500 (1.000) | 0.500 (1.000) |"


def test_no_agreement_where_all_are_equal():
    assert agreement([line()], [0.5] * 3).endswith("| ghn2 | – | – |")


def test_unequal_costs_are_named():
    (remark,) = remarks([line()])
    assert "seed 2, took 12 s instead of 10 s" in remark
