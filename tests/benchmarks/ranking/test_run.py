"""Both commands on digits, at toy sizes."""

from __future__ import annotations

import json

import pytest

from benchmarks.ranking import run, truth
from hypernets.checkpoint import save
from tests.hypernets.hypernet_toys import make_hypernet

SPACE = "nb201:channels=4,cells=1"
TRUTH = ["--space", SPACE, "--dataset", "digits", "--epochs", "1"]
QUICK = ["--images", "64", "--short-cells", "2", "--short-steps", "1", "--one-shot-steps", "2"]


@pytest.fixture
def trained(tmp_path):
    file = tmp_path / "truth.json"
    truth.main([*TRUTH, "--count", "3", "--out", str(file)])
    return file


@pytest.fixture
def weights(tmp_path):
    save(make_hypernet(), tmp_path / "hypernet")
    return ["--weights", str(tmp_path / "hypernet")]


def test_a_truth_file_grows_and_keeps_its_rows(trained):
    before = json.loads(trained.read_text())
    assert len(before["rows"]) == 3
    for row in before["rows"]:
        assert row.keys() >= {"architecture", "val_accuracy", "params", "macs", "seconds"}
        assert 0 < row["test_accuracy"] <= 1
    truth.main([*TRUTH, "--count", "4", "--out", str(trained)])
    after = json.loads(trained.read_text())
    assert after["rows"][:3] == before["rows"]
    assert len(after["rows"]) == 4


def test_a_truth_file_takes_no_other_trainings(trained):
    with pytest.raises(SystemExit, match="other trainings"):
        truth.main([*TRUTH, "--seed", "1", "--out", str(trained)])


def test_shards_share_the_work(trained, tmp_path):
    rows = []
    for shard in ("0/2", "1/2"):
        file = tmp_path / f"{shard[0]}.json"
        truth.main([*TRUTH, "--count", "3", "--shard", shard, "--out", str(file)])
        rows.append(json.loads(file.read_text())["rows"])
    whole = json.loads(trained.read_text())["rows"]
    expected = [row["architecture"] for row in whole]
    assert [row["architecture"] for row in (rows[0][0], rows[1][0], rows[0][1])] == expected


def test_files_of_different_trainings_are_not_mixed(trained, weights, tmp_path):
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**json.loads(trained.read_text()), "epochs": 99}))
    with pytest.raises(SystemExit, match="holds other trainings than"):
        run.main(["--truth", str(trained), str(other), *weights, *QUICK, "--out", str(tmp_path)])


def test_every_part_on_a_truth_file(trained, weights, tmp_path, capsys):
    card = tmp_path / "card.json"
    card.write_text(json.dumps({"name": "toy", "measured": {"old": 1.0}}))
    out = tmp_path / "out"
    command = ["--truth", str(trained), *weights, *QUICK, "--out", str(out), "--card", str(card)]
    run.main(command)
    table = capsys.readouterr().out
    lines = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    assert [line[1] for line in lines] == (
        ["predicted"] * 5
        + ["–"] * 5
        + ["random"] * 2
        + ["shared, one-shot"] * 3
        + ["short training"] * 3
    )
    measured = json.loads(card.read_text())["measured"]
    assert {"old", "nb201 tau of MACs"} <= measured.keys()
    kept = {file: file.stat().st_mtime_ns for file in out.glob("*.json")}
    assert len(kept) == 4
    run.main(command)
    assert capsys.readouterr().out == table
    assert {file: file.stat().st_mtime_ns for file in out.glob("*.json")} == kept


def test_cells_of_the_published_table(weights, tmp_path, capsys):
    """Their truth is of other images; only that all runs is seen here."""
    command = ["--dataset", "digits", "--space", SPACE, *weights, *QUICK]
    command += ["--cells", "5", "--seeds", "1", "2", "--only", "figures,baselines"]
    run.main([*command, "--out", str(tmp_path)])
    assert "of 2 x 5 architectures" in capsys.readouterr().out
    assert len(list(tmp_path.glob("figures-*.json"))) == 2


@pytest.mark.slow
def test_a_hypernetwork_can_be_trained_first(trained, tmp_path, capsys):
    command = ["--truth", str(trained), *QUICK, "--only", "figures", "--out", str(tmp_path)]
    command += ["--train", "steps=3,batch_size=16", "--proxy", "channels=4,cells=1"]
    run.main([*command, "--seeds", "5"])
    assert "| accuracy | predicted |" in capsys.readouterr().out
    card = json.loads((tmp_path / "hypernet-5" / "card.json").read_text())
    assert (card["training"]["steps"], card["training"]["seed"]) == (3, 5)


def test_parts_are_named():
    with pytest.raises(SystemExit):
        run.parse(["--only", "nonsense"])
