from __future__ import annotations

import numpy as np

from nas.study.samplers.gaussian_process import GaussianProcess


def test_a_line_is_learnt_from_few_rows() -> None:
    draws = np.random.default_rng(0)
    features = draws.normal(size=(60, 5))
    values = features @ [3.0, -1.0, 0.0, 0.5, 2.0] + 7
    mean, _ = GaussianProcess(features[:20], values[:20])(features[20:])
    assert np.corrcoef(mean, values[20:])[0, 1] > 0.99
    assert abs(mean - values[20:]).mean() < 0.1 * values.std()


def test_what_is_known_is_more_certain() -> None:
    draws = np.random.default_rng(1)
    features = draws.normal(size=(30, 3))
    model = GaussianProcess(features, np.sin(features).sum(1))
    _, known = model(features)
    _, far = model(features + 6)
    assert known.max() < far.min()


def test_features_that_never_vary_are_left_out() -> None:
    features = np.column_stack([np.arange(5.0), np.ones(5)])
    mean, std = GaussianProcess(features, np.arange(5.0))(np.array([[2.0, 50.0]]))
    assert abs(mean[0] - 2) < 0.2
    assert np.isfinite(std).all()
    mean, _ = GaussianProcess(np.ones((4, 1)), np.full(4, 3.0))(np.ones((1, 1)))
    assert mean.tolist() == [3.0]
