from __future__ import annotations

import search_spaces
from tests.cli.program import nas


def test_json_lists_every_space():
    answer = nas("spaces", "--json")

    assert (answer.code, answer.err) == (0, "")
    assert [row["name"] for row in answer.document] == search_spaces.names()
    sizes = {row["name"]: row["architectures"] for row in answer.document}
    assert sizes["nb201"] == 5**6


def test_json_of_one_space_is_one_object():
    document = nas("spaces", "nb201", "--json").document

    assert document["macro"] == {"channels": 16, "cells": 5, "reduction": "residual"}
    assert document.keys() >= {"name", "description", "source", "architectures"}


def test_the_table_has_a_line_for_each_space():
    head, *lines = nas("spaces").out.splitlines()

    assert head.startswith("space")
    assert [line.split()[0] for line in lines] == search_spaces.names()


def test_one_space_is_described_with_its_sizes():
    answer = nas("spaces", "nb201")

    assert "15,625" in answer.out
    assert "channels=16, cells=5" in answer.out
    assert "Dong & Yang" in answer.out


def test_a_misspelt_space_suggests_the_nearest():
    answer = nas("spaces", "nb20")

    assert answer.code == 2
    assert "unknown search space 'nb20'. Did you mean 'nb201'?" in answer.error
