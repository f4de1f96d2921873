from __future__ import annotations

import json
import shutil

from hypernets.families import HYPERNETS
from tests.cli.program import nas


def test_json_lists_the_shipped_ones_and_the_families(shipped):
    answer = nas("hypernets", "--json")

    assert (answer.code, answer.err) == (0, "")
    assert list(answer.document["families"]) == list(HYPERNETS)
    assert answer.document["shipped"] == [json.loads((shipped / "card.json").read_text())]


def test_the_tables_name_space_data_set_and_proxy(shipped):
    lines = nas("hypernets").out.splitlines()

    assert lines[1].split() == [
        "tiny", "ghn2", "nb201", "digits", "channels=4,", "cells=1,", "resolution=8",
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[-len(HYPERNETS) :]] == list(HYPERNETS)


def test_one_card_by_name_or_by_directory(shipped):
    by_name = nas("hypernets", "tiny", "--json").document

    assert by_name == nas("hypernets", shipped, "--json").document
    assert by_name["training"]["steps"] == 4
    assert "steps=4" in nas("hypernets", "tiny").out


def test_a_misspelt_name_suggests_the_nearest(shipped):
    answer = nas("hypernets", "tinny")

    assert answer.code == 2
    assert "Did you mean 'tiny'?" in answer.error


def test_a_corrupt_card_is_an_error(hypernet, tmp_path):
    copy = shutil.copytree(hypernet, tmp_path / "copy")
    (copy / "card.json").write_text("{")
    answer = nas("hypernets", copy)

    assert answer.code == 1
    assert "card.json' is not a card" in answer.error


def test_the_weights_of_one_stand_for_it(shipped):
    by_file = nas("hypernets", shipped / "model.safetensors", "--json").document

    assert by_file == nas("hypernets", shipped, "--json").document
