from __future__ import annotations

from typing import Any

import pytest

from nas.analysis.cost import cost
from nas.errors import ConfigError, EncodingError
from nas.evaluate.ranking import Ranked, distinct, rank
from nas.evaluate.scorer import ScoreConfig
from nas.events import Advanced
from tests.hypernets.hypernet_toys import digits, make_hypernet, tiny_space

SPACE = tiny_space()
FEW = ScoreConfig(images=32, calibration=64)


def ranked(**options: Any) -> list[Ranked]:
    return rank(SPACE, digits(), make_hypernet(), scoring=FEW, device="cpu", **options)


def test_the_best_come_first_and_keep_their_position() -> None:
    given = [one.architecture for one in distinct(SPACE, 5)]
    found = ranked(archs=given)
    scores = [one.score for one in found if one.score is not None]

    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 1
    assert {one.position: one.architecture for one in found} == dict(enumerate(given))


def test_candidates_and_their_notation_are_ranked_alike() -> None:
    candidates = distinct(SPACE, 3)
    by_text = ranked(archs=[one.architecture for one in candidates])
    assert [one.score for one in ranked(archs=candidates)] == [one.score for one in by_text]


def test_a_sample_is_distinct_and_follows_the_seed() -> None:
    first, again, other = (
        {one.architecture for one in ranked(sample=4, seed=seed)} for seed in (0, 0, 1)
    )
    assert len(first) == 4
    assert first == again != other


def test_costs_are_those_at_full_size() -> None:
    (one,) = ranked(sample=1)
    assert one.cost == cost(one.candidate.network)
    assert one.to_dict().keys() >= {"architecture", "score", "accuracy", "reason", "macs"}
    assert one.to_dict()["params"] == one.cost.params


def test_what_cannot_be_scored_comes_last_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = distinct(SPACE, 2)
    build = type(SPACE).graph

    def graph(space: Any, params: Any) -> Any:
        if dict(params) == dict(first.params) and space != SPACE:
            raise ValueError("too small")
        return build(space, params)

    monkeypatch.setattr(type(SPACE), "graph", graph)
    model = make_hypernet(card={"proxy": {"channels": 2, "cells": 1}})
    best, failed = rank(SPACE, digits(), model, [first, second], scoring=FEW, device="cpu")

    assert (best.position, failed.position) == (1, 0)
    assert (failed.estimate, failed.score) == (None, None)
    assert "too small" in str(failed.reason)
    assert failed.to_dict()["score"] is None


def test_progress_is_told() -> None:
    heard: list[object] = []
    ranked(sample=2, listen=heard.append)
    *_, event = (one for one in heard if isinstance(one, Advanced))
    assert event.done == 2


@pytest.mark.parametrize("given", [{}, {"archs": [], "sample": 3}])
def test_either_architectures_or_a_sample_are_given(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="either architectures, or the number of a sample"):
        ranked(**given)


def test_what_is_not_in_the_space_is_refused() -> None:
    with pytest.raises(EncodingError):
        ranked(archs=["|none~0|"])


def test_more_than_the_space_holds_cannot_be_drawn() -> None:
    with pytest.raises(ConfigError, match="has 15,625 architectures, fewer than 15626"):
        distinct(SPACE, 15_626)
