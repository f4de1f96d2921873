from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.regnet.engine_arm import EngineArm, Found
from benchmarks.regnet.random_arm import climbed, drawn, trained_within
from benchmarks.regnet.run import picked, print_search
from benchmarks.regnet.trainings import Scale, Training, Trainings
from nas.analysis.cost import cost
from nas.data.catalog import load
from nas.files import write_json
from nas.study.finalists.rungs import Rung
from tests.hypernets.hypernet_toys import make_hypernet

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.space.candidate import Candidate

SCALE = Scale(
    space="regnet:max_depth=4,max_width=16",
    resolution=8,
    images=64,
    ranking=32,
    epochs=1,
    limit=2e5,
)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    data = load("digits")
    return replace(data, train=data.train.spread(64), val=data.val.spread(32))


def test_the_space_has_the_sizes_of_cifar_at_the_resolution_of_the_data(digits: Dataset) -> None:
    space = SCALE.space_for(digits)
    assert space.macro()["stages"] == 3
    assert (space.task.resolution, space.task.channels) == (8, 1)
    assert replace(SCALE, space="regnet").space_for(digits).macro()["max_depth"] == 16


def test_random_networks_keep_the_limit_and_follow_the_seed(digits: Dataset) -> None:
    space = SCALE.space_for(digits)
    few, many, other = (drawn(space, 2e5, seed, n) for seed, n in ((0, 3), (0, 5), (1, 3)))
    assert all(cost(one.network).macs <= 2e5 for one in many)
    assert [one.params for one in few] == [one.params for one in many[:3]]
    assert [one.params for one in few] != [one.params for one in other]


class Costly(Trainings):
    """Each training takes ten seconds."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, candidate: Candidate) -> Training:
        self.count += 1
        return Training(candidate.architecture, 1, 0.5, 0.5, 10.0)


@pytest.mark.parametrize(("seconds", "count"), [(0, 0), (5, 1), (10, 1), (25, 3)])
def test_random_networks_are_trained_until_the_time_is_used_up(
    seconds: float, count: int, digits: Dataset
) -> None:
    train = Costly()
    done = trained_within(SCALE.space_for(digits), 2e5, 0, seconds, train)
    assert len(done) == train.count == count


class Graded(Trainings):
    """Networks are the better the more they cost; only a long training tells."""

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.seen: list[int] = []

    def __call__(self, candidate: Candidate) -> Training:
        macs = cost(candidate.network).macs
        self.seen.append(macs)
        return Training(candidate.architecture, macs, self.sign * macs, 0.5, 10.0)


def test_random_networks_climb_as_finalists_do(digits: Dataset) -> None:
    train = {1: Graded(1), 3: Graded(-1)}
    space = SCALE.space_for(digits)
    done = climbed(space, 2e5, 0, [Rung(4, 1), Rung(2, 3)], train)
    macs = [cost(one.network).macs for one in drawn(space, 2e5, 0, 4)]
    assert train[1].seen == macs
    assert train[3].seen == sorted(macs)[:-3:-1]
    assert (len(done), done[-1].macs) == (6, sorted(macs)[-2])


def test_trained_networks_are_not_trained_again(digits: Dataset, tmp_path: Path) -> None:
    (one,) = drawn(SCALE.space_for(digits), 2e5, 0, 1)
    first = Trainings(SCALE, digits, tmp_path / "known.json")(one)
    assert 0 <= first.test <= 1
    assert first.macs == cost(one.network).macs
    again = Trainings(SCALE, digits, tmp_path / "known.json")
    assert again.known() == [first]
    assert again(one) is again.known()[0]


def test_another_scale_is_kept_elsewhere(digits: Dataset, tmp_path: Path) -> None:
    (one,) = drawn(SCALE.space_for(digits), 2e5, 0, 1)
    Trainings(SCALE, digits, tmp_path / "known.json")(one)
    with pytest.raises(SystemExit, match="another scale"):
        Trainings(replace(SCALE, epochs=2), digits, tmp_path / "known.json")


def test_the_best_on_the_ranking_split_is_judged_on_the_other() -> None:
    trained = [Training("a", 1, 0.6, 0.7, 1), Training("b", 1, 0.8, 0.5, 1)]
    assert picked(trained) == 0.5


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    random = [Training("a", 1, 0.6, 0.7, 4), Training("b", 1, 0.8, 0.5, 8)]
    print_search([3, 4], [(Found("c", 2, 0.6, 10.2, "score", []), random, random[:1])] * 2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "| 3 | 60.00 | 10 | score | 50.00 | 12 | 2 | 70.00 | 4 |"
    assert lines[4] == "| mean | 60.00 | | | 50.00 | | | 70.00 | |"


def test_a_search_is_done_once(digits: Dataset, tmp_path: Path) -> None:
    card = {"space": "deepnets", "general": True, "proxy": {"channels": 4, "resolution": 8}}
    engine = EngineArm(
        scale=SCALE,
        data=digits,
        predictor=make_hypernet(card=card),
        trials=3,
        finalists=1,
        finalist_epochs=1,
        objective="accuracy:max",
    )
    found = engine(0, tmp_path / "found.json")
    assert found.macs <= SCALE.limit
    assert engine(0, tmp_path / "found.json") == found

    write_json(tmp_path / "found.json", {**vars(found), "test": 2.0})
    assert engine(0, tmp_path / "found.json").test == 2.0
