from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypernets.training.config import HypernetTraining
from nas.config import changed, check_kinds, from_mapping, read_toml
from nas.errors import ConfigError
from nas.evaluate.scorer import ScoreConfig
from nas.study.search_config import SearchConfig
from nas.training.config import TrainConfig

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Recipe:
    flour: int
    sugar: float = 0.5
    spices: list[str] = field(default_factory=list)


def test_defaults_fill_what_is_not_given() -> None:
    assert from_mapping(Recipe, {"flour": 3}) == Recipe(flour=3)
    given = {"flour": 3, "sugar": 1.0, "spices": ["salt"]}
    assert from_mapping(Recipe, given) == Recipe(flour=3, sugar=1.0, spices=["salt"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"flour": 1, "sugr": 2}, "Recipe has no key 'sugr'. Did you mean 'sugar'?"),
        ({"flour": 1, "x": 2}, "Recipe has no key 'x'. It has flour, sugar, spices."),
        ({"sugar": 1.0}, "Recipe needs the key 'flour'"),
    ],
)
def test_wrong_keys(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_mapping(Recipe, values)
    assert str(caught.value) == message


def test_reads_toml(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('flour = 3\nspices = ["Zimt", "Kümmel"]\n', encoding="utf-8")
    assert from_mapping(Recipe, read_toml(tmp_path / "a.toml")).spices == ["Zimt", "Kümmel"]


@pytest.mark.parametrize("content", [b"flour = ", b"flour = 1\nflour = 2\n", b"\xff\xfe"])
def test_what_is_no_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"{re.escape(repr(str(path)))} is no TOML"):
        read_toml(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "a.toml"):
        with pytest.raises(ConfigError, match=re.escape(f"configuration {str(path)!r}")):
            read_toml(path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"flour": "3"}, "Recipe: flour must be int, got '3'"),
        ({"flour": True}, "Recipe: flour must be int, got True"),
        ({"flour": 1, "sugar": None}, "Recipe: sugar must be float, got None"),
        ({"flour": 1, "spices": "salt"}, "Recipe: spices must be list[str], got 'salt'"),
        ([], "Recipe must be read from keys and values, got []"),
    ],
)
def test_values_of_another_kind(values: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_mapping(Recipe, values)
    assert str(caught.value) == message


def test_a_whole_number_will_do_for_a_float() -> None:
    assert from_mapping(Recipe, {"flour": 1, "sugar": 2}).sugar == 2


CONFIGS = (SearchConfig, ScoreConfig, TrainConfig, HypernetTraining)
_WRONG = st.sampled_from((1.5, 2.0, float("nan"), True, "3", [3], None, 1 + 2j))


@settings(max_examples=60, deadline=None)
@given(cls=st.sampled_from(CONFIGS), data=st.data())
def test_no_setting_takes_a_number_of_another_kind(cls: type, data: st.DataObject) -> None:
    whole = [f for f in fields(cls) if str(f.type).partition(" ")[0] == "int"]
    field = data.draw(st.sampled_from(whole))
    value = data.draw(_WRONG)
    if value is None and str(field.type).endswith("None"):
        return
    with pytest.raises(ConfigError, match=f"{field.name} must be int"):
        cls(**{field.name: value})


def test_numbers_of_numpy_and_none_where_it_may_be_will_do() -> None:
    config = SearchConfig(n_trials=np.int64(3), timeout=np.float32(2), budget=None, finalists=0)  # type: ignore[arg-type]
    check_kinds(config)
    with pytest.raises(
        ConfigError, match=r"SearchConfig: timeout must be float \| None, got True"
    ):
        SearchConfig(timeout=True)


def test_no_number_is_no_time() -> None:
    with pytest.raises(ConfigError, match="timeout must be positive, got nan seconds"):
        SearchConfig(timeout=float("nan"))


@pytest.mark.parametrize("bits", [63, 1400, 20_000])
def test_numbers_of_any_length_are_no_settings(bits: int) -> None:
    for value in (2**bits, -(2**bits)):
        with pytest.raises(ConfigError, match=r"n_trials must be at most 9,223,372,.* bits"):
            SearchConfig(n_trials=value)
    assert SearchConfig(n_trials=2**63 - 1).n_trials == 2**63 - 1


def test_fields_are_changed_by_name() -> None:
    assert changed(Recipe(flour=3), {"sugar": 2.0}) == Recipe(flour=3, sugar=2.0)
    with pytest.raises(ConfigError, match="Did you mean 'sugar'"):
        changed(Recipe(flour=3), {"suger": 2.0})


def test_a_number_in_place_of_a_configuration_is_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match="expected a configuration, got 32") as caught:
        changed(32, {})
    assert "n_trials=200" in caught.value.hint
