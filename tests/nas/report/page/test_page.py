from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from nas.data.digits import load
from nas.report.page import Material, page
from nas.study.devices.run import run_profile
from nas.study.record.recorded_run import read_run, run_of
from tests.nas.measure.toy_runner import toy_runner
from tests.nas.study.study_toys import toy_search, toy_space

DATA = load()
SECTIONS = [
    "verdict",
    "tradeoff",
    "history",
    "trust",
    "random-search",
    "rungs",
    "importance",
    "finalists",
    "costs",
    "data",
    "mistakes",
    "reproduction",
]


@pytest.fixture(autouse=True)
def _without_library(monkeypatch):
    """The library that draws takes seconds to bundle, and only a browser reads it."""
    monkeypatch.setattr("nas.report.page.document._library", lambda: "")


class Outline(HTMLParser):
    """What a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def made(run, **others):
    text = page(Material(run=run, space=toy_space(), **others))
    outline = Outline(text)
    assert outline.open == []
    return text, outline


def plain(text):
    return " ".join(re.sub("<[^>]*>", " ", text).split())


def test_a_finished_run_has_every_section_in_order(searched):
    text, outline = made(run_of(searched), data=DATA, command="nas search --space toy")

    assert [attributes["id"] for attributes in outline.all("section")] == SECTIONS
    assert [attributes["href"] for attributes in outline.all("a")] == [f"#{n}" for n in SECTIONS]
    assert "nas search --space toy" in text
    assert len(outline.all("h1")) == 1


def test_nothing_is_loaded_from_anywhere(searched):
    _, outline = made(run_of(searched), data=DATA)
    sources = [attributes.get("src") or "" for _, attributes in outline.tags]

    assert all(source.startswith("data:image/") for source in sources if source)
    assert not outline.all("link")
    policy = next(a["content"] for a in outline.all("meta") if "http-equiv" in a)
    assert policy.startswith("default-src 'none'")


def test_pictures_and_figures_have_texts(searched):
    _, outline = made(run_of(searched), data=DATA)

    assert outline.all("img")
    assert all(attributes["alt"] for attributes in outline.all("img"))
    charts = [a for a in outline.all("div") if a.get("class") == "chart"]
    assert len(charts) >= 6
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in charts)
    assert len(outline.all("caption")) == len(outline.all("table"))


def test_the_verdict_is_that_of_the_search(searched):
    document = json.loads((searched.run / "result.json").read_text())
    text, _ = made(read_run(searched.run))

    assert document["verdict"][0].replace("'", "&#39;") in text
    assert f"{searched.best.cost.params:,}" in text
    assert f"{searched.best.test_accuracy:.2%}" in text


def test_measured_latencies_stand_beside_predicted_ones(searched, tmp_path):
    run = shutil.copytree(searched.run, tmp_path / "run")
    with toy_runner():
        profile = run_profile(run, toy_space(), measurements=5, runner="toy")
    text, outline = made(read_run(run))

    assert "device" in [attributes["id"] for attributes in outline.all("section")]
    first, predicted = profile.measured[0], profile.predictors["latency"].left_out[0]
    latency = first.measurement.latency
    row = f"{latency:.3g} {predicted:.3g} {predicted / latency - 1:+.0%}"
    assert row in plain(text)
    assert "5 networks were measured on a toy" in plain(text)


def test_mistakes_are_those_of_the_best_model_on_the_test_split(searched):
    text, outline = made(read_run(searched.run), data=DATA)
    wrong = round((1 - searched.best.test_accuracy) * len(DATA.test))

    assert f"{wrong} mistakes among 359 images." in plain(text)
    thumbnails = [a for a in outline.all("img") if (a["alt"] or "").startswith("Test image")]
    assert len(thumbnails) == 12


def test_other_data_is_not_used(searched):
    other = replace(DATA, test=DATA.test.subset(slice(0, 100)))
    text, _ = made(read_run(searched.run), data=other)

    assert "differs from that of the run" in text


def test_names_from_a_run_are_text_and_no_code(searched):
    evil = "</script><script>alert(1)</script>"
    named = replace(DATA, class_names=(evil, *map(str, range(1, 10))))
    text, outline = made(read_run(searched.run), data=named, command=f"nas {evil}")

    assert "<script>alert" not in text
    usual, _ = made(read_run(searched.run), data=DATA)
    assert len(outline.all("script")) == usual.count("<script")


def test_an_unfinished_run_says_so(searched, tmp_path):
    folder = shutil.copytree(searched.run, tmp_path / "run")
    (folder / "result.json").unlink()
    shutil.rmtree(folder / "best")
    text, outline = made(read_run(folder), data=DATA)

    assert "The search has not finished." in text
    assert "The run folder holds no model." in text
    assert [attributes["id"] for attributes in outline.all("section")] == SECTIONS


def test_without_data_the_section_says_how_to_get_them(searched):
    text, _ = made(read_run(searched.run), without_data="Name the folder.")

    assert "Name the folder." in text


def test_without_its_space_a_run_draws_the_best_alone(searched):
    text = page(Material(run=read_run(searched.run)))

    assert text.count("image/svg+xml") == 1


def test_a_search_that_has_trained_nothing_says_so():
    text, outline = made(run_of(toy_search(n_trials=4, finalists=0, max_epochs=0)))
    shown = [attributes["id"] for attributes in outline.all("section")]

    assert "No network was trained yet." in text
    assert "nothing is known about the ranking" in text
    assert not {"finalists", "mistakes", "random-search"} & set(shown)


def test_two_objectives_and_few_probes_are_described():
    goals = ("score:max", "params:min")
    text, _ = made(run_of(toy_search(n_trials=8, finalists=3, max_epochs=0, objectives=goals)))

    assert "The objectives are high score and low params." in text
    assert "has not recorded two trained probes" in text
