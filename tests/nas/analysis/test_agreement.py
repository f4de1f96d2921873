from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import ndcg_score

from nas.analysis.agreement import agreement, kendall, ndcg, spearman, top_kendall

INF = math.inf


@pytest.fixture
def sampled():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200).round(1)
    return truth + rng.normal(size=200).round(1), truth


def test_one_pair_of_three_in_the_wrong_order():
    assert kendall([1, 3, 2], [10, 20, 30]) == pytest.approx((2 - 1) / 3)
    assert spearman([1, 3, 2], [10, 20, 30]) == pytest.approx(1 - 6 * 2 / (3 * (9 - 1)))


def test_ties_count_as_in_scipy(sampled):
    score, truth = sampled
    assert kendall(score, truth) == pytest.approx(kendalltau(score, truth).statistic)
    assert spearman(score, truth) == pytest.approx(spearmanr(score, truth).statistic)


@pytest.mark.parametrize("broken", [None, math.nan, INF, -INF])
def test_networks_without_a_finite_score_are_worst(broken):
    truth = [1.0, 2.0, 3.0, 4.0]
    score = [broken, 0.1, 0.2, 0.3]
    assert kendall(score, truth) == spearman(score, truth) == ndcg(score, truth) == 1
    assert kendall([0.1, 0.2, 0.3, broken], truth) == pytest.approx((3 - 3) / 6)


def test_several_without_a_score_are_equally_bad():
    truth = [1.0, 2.0, 3.0]
    assert kendall([None, math.nan, 5], truth) == kendall([0, 0, 5], truth)


@pytest.mark.parametrize("measure", [kendall, spearman, top_kendall])
@pytest.mark.parametrize(
    ("score", "truth"),
    [([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [5, 5, 5]), ([None, None], [1, 2]), ([1], [1])],
)
def test_without_an_order_there_is_no_correlation(measure, score, truth):
    assert measure(score, truth) is None


def test_the_top_holds_the_truly_best():
    truth = np.arange(20.0)
    score = truth.copy()
    score[[18, 19]] = score[[19, 18]]
    assert top_kendall(score, truth) == -1
    assert top_kendall(score, truth, share=0.2) == pytest.approx((5 - 1) / 6)
    assert top_kendall(score, truth, share=1) == kendall(score, truth)


def test_those_as_good_as_the_last_of_the_top_belong_to_it():
    truth = [0.0] * 7 + [1.0, 1.0, 2.0]
    score = [0.0] * 7 + [3.0, 2.0, 1.0]
    assert top_kendall(score, truth, share=0.2) == pytest.approx(-2 / math.sqrt(3 * 2))


@pytest.mark.parametrize("share", [0, -0.1, 1.1])
def test_the_top_is_a_share(share):
    with pytest.raises(ValueError, match="share"):
        top_kendall([1, 2], [1, 2], share)


def test_gain_counted_by_hand():
    """Relevances 0, 1/2 and 1; the score puts them in the order 1/2, 1, 0."""
    found = 0.5 / math.log2(2) + 1 / math.log2(3)
    best = 1 / math.log2(2) + 0.5 / math.log2(3)
    assert ndcg([1, 3, 2], [10, 90, 91]) == pytest.approx(found / best)


def test_gain_is_scikit_learns_over_ranks(sampled):
    score, _ = sampled
    truth = np.random.default_rng(1).permutation(np.arange(200.0))
    assert ndcg(score, truth) == pytest.approx(ndcg_score([truth / 199], [score]))


def test_gain_without_an_order():
    assert ndcg([1, 2], [5, 5]) is None
    assert ndcg([1], [5]) is None


def test_a_few_broken_networks_do_not_hide_the_order_of_the_others():
    good = [90.0, 91.0, 92.0, 93.0]
    score = [4.0, 3.0, 2.0, 1.0]
    alone = ndcg(score, good)
    beside = ndcg([*score, 0.0], [*good, 10.0])
    assert alone is not None
    assert beside is not None
    assert alone < beside < 0.9


def test_picks():
    truth = [float(index) for index in range(30)]
    score = [-abs(index - 20) for index in range(30)]
    found = agreement(score, truth)
    assert found.top1 == 20
    assert found.top10 == 24  # 20, 19, 21, ..., 24 and, of 15 and 25, the one given first


def test_equally_good_first_picks_are_averaged():
    assert agreement([2, 2, 1], [10, 30, 90]).top1 == 20


def test_everything_failed():
    found = agreement([None, None], [10, 20])
    assert (found.kendall, found.spearman, found.top1, found.top10) == (None, None, 15, 20)


@pytest.mark.parametrize(
    ("score", "truth", "message"),
    [([1, 2], [1], "score for every truth"), ([], [], "score"), ([1, 2], [1, INF], "finite")],
)
def test_what_cannot_be_compared(score, truth, message):
    with pytest.raises(ValueError, match=message):
        agreement(score, truth)
