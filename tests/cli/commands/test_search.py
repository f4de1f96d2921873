from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import signal
import time
from pathlib import Path

import pytest
import torch

from hypernets.cards import shipped as shipped_hypernets
from nas.events import Advanced
from nas.study.samplers.registry import SAMPLERS
from tests.cli.program import ON_DIGITS, SCORES_ONLY, nas, process

KEYS = {
    *("run", "study", "trials", "best", "pareto", "finalists", "rivals", "trust", "rungs"),
    *("seconds", "files"),
}


def search(hypernet: Path, *words: object, out: Path | str = "run"):
    return nas("search", *ON_DIGITS, "--weights", hypernet, "--out", out, *words)


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_json_is_one_document_with_the_keys_that_are_promised(hypernet):
    lengths = ("--n-trials", 4, "--finalists", 1, "--finalist-epochs", 1, "--max-epochs", 1)
    answer = search(hypernet, *lengths, "--images", 32, "--json", "--quiet")

    assert (answer.code, answer.err) == (0, "")
    document = answer.document
    assert document.keys() >= KEYS
    assert document["trials"].keys() >= {"total", "complete", "failed", "duplicates"}
    assert document["trials"]["complete"] == 4
    best = document["best"]
    assert best.keys() >= {"architecture", "score", "estimate", "trained", "params", "macs"}
    assert best["estimate"].keys() >= {"accuracy", "loss"}
    assert best["trained"].keys() == {"val_accuracy", "test_accuracy", "epochs", "init", "splits"}
    assert document["samples"].keys() == {"ranking", "test"}
    assert all(0 <= best["trained"][name] <= 1 for name in ("val_accuracy", "test_accuracy"))
    assert best["trained"]["epochs"] == 1
    known, largest = document["rivals"]
    assert known.keys() >= {"name", "kind", "lead", "architecture", "trained"}
    assert (known["kind"], largest["kind"]) == ("known design", "largest")
    assert document["trust"]["probes"] == 3, "these two besides"
    assert document["trust"]["kendall_tau"].keys() >= {"loss", "accuracy", "params", "macs"}
    assert {"search", "rung 1", "train"} <= document["seconds"].keys()
    assert all(Path(file).exists() for file in document["files"].values())


def test_without_json_the_best_is_shown_with_its_accuracy_and_its_model(finished, hypernet):
    run = shutil.copytree(finished, Path("run"))
    lengths = ("--n-trials", 6, "--finalists", 2, "--finalist-epochs", 1, "--max-epochs", 1)
    answer = search(hypernet, *lengths, "--images", 32, out=run)

    best = json.loads((run / "result.json").read_text())["best"]
    shown = dict(line.split("  ", 1) for line in answer.out.splitlines() if "  " in line)
    assert answer.code == 0
    assert shown["best"].strip() == f"{best['name']}  {best['architecture']}"
    assert (
        shown["test accuracy"]
        .strip()
        .startswith(f"{100 * best['trained']['test_accuracy']:.2f}% ± ")
    )
    assert shown["trials"].strip() == "6 scored, 0 duplicates, 0 failed"
    assert Path(shown["model"].strip()).is_file()


def test_a_run_folder_holds_configuration_trials_and_the_best_model(finished):
    document = json.loads((finished / "run.json").read_text())

    assert document["configuration"]["n_trials"] == 6
    assert document["configuration"]["seed"] == 0
    assert document["versions"]["torch"] == torch.__version__
    assert document["identity"]["dataset"]["fingerprint"]
    assert len(rows(finished)) == 6
    best = json.loads((finished / "result.json").read_text())["best"]
    assert best["architecture"] in {row["architecture"] for row in rows(finished)}
    assert {file.name for file in (finished / "best").iterdir()} >= {
        "model.py",
        "model.safetensors",
        "architecture.json",
        "card.md",
    }


def test_the_best_model_runs_as_plain_torch_code(finished):
    description = importlib.util.spec_from_file_location("model", finished / "best" / "model.py")
    assert description is not None
    assert description.loader is not None
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    network = module.load(finished / "best" / "model.safetensors")

    assert network(torch.zeros(3, 1, 8, 8)).shape == (3, 10)


def test_a_repeated_command_shows_the_same_without_new_trials(hypernet):
    first = search(hypernet, "--n-trials", 4, *SCORES_ONLY, "--json").document
    again = search(hypernet, "--n-trials", 4, *SCORES_ONLY, "--json").document

    assert again["best"] == first["best"]
    assert again["trials"] == first["trials"]
    assert len(rows(Path("run"))) == 4


def test_a_higher_number_of_trials_goes_on_from_those_that_are_there(hypernet):
    search(hypernet, "--n-trials", 3, *SCORES_ONLY)
    before = rows(Path("run"))
    answer = search(hypernet, "--n-trials", 5, *SCORES_ONLY, "--json")

    assert answer.document["trials"]["complete"] == 5
    assert rows(Path("run"))[: len(before)] == before


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("--seed", 1), "another seed: 0, not 1"),
        (("--sampler", "random"), "another sampler"),
        (("--constraint", "params<=1M"), "other constraints"),
        (("--objective", "params:min"), "other objectives"),
        (("--space", "nb201:channels=8,cells=1"), "another space"),
    ],
)
def test_another_search_in_the_same_folder_is_refused(change, named, hypernet, tmp_path):
    search(hypernet, "--n-trials", 2, *SCORES_ONLY)
    before = (tmp_path / "run" / "trials.csv").read_bytes()
    answer = search(hypernet, "--n-trials", 2, *SCORES_ONLY, *change)

    assert answer.code == 1
    assert named in answer.error
    assert (tmp_path / "run" / "trials.csv").read_bytes() == before


def test_nothing_feasible_is_an_exit_code_of_its_own(hypernet):
    words = ("--constraint", "params<=10", "--timeout", 0.05, "--quiet", "--json")
    answer = search(hypernet, "--n-trials", 4, *SCORES_ONLY, *words)

    assert (answer.code, answer.out) == (3, "")
    assert "satisfied params<=10" in answer.error
    assert "the nearest had params=" in answer.error


def test_a_constraint_holds_for_everything_that_is_scored(hypernet):
    words = ("--constraint", "params<=8000", "--sampler", "random")
    answer = search(hypernet, "--n-trials", 5, *SCORES_ONLY, *words, "--json")

    assert answer.document["best"]["params"] <= 8000
    scored = [row for row in rows(Path("run")) if row["score"]]
    assert all(int(row["params"]) <= 8000 for row in scored)


def test_what_was_infeasible_is_counted_in_the_summary(hypernet):
    words = ("--constraint", "params<=6000", "--sampler", "random", "--seed", 1)
    answer = search(hypernet, "--n-trials", 5, *SCORES_ONLY, *words)

    count = sum(r["outcome"] == "infeasible" and not r["duplicate_of"] for r in rows(Path("run")))
    assert count > 0
    (line,) = (line for line in answer.out.splitlines() if line.startswith("trials"))
    assert line.endswith(f" failed, {count} infeasible")


def test_mutants_are_counted_in_the_summary_and_long_tables_are_cut(hypernet, monkeypatch):
    monkeypatch.setattr("cli.commands.search._ROWS", 4)
    lengths = ("--finalists", 6, "--finalist-epochs", 1, "--max-epochs", 0, "--founders", 3)
    answer = search(hypernet, "--n-trials", 6, *lengths, "--images", 32)

    result = json.loads(Path("run/result.json").read_text())
    lines = answer.out.splitlines()
    assert f"{result['trials']['mutants']} mutants of the best" in answer.out
    assert lines[lines.index("finalists, by length of training and accuracy:") + 6] == (
        f"and {len(result['finalists']) - 4} more in the JSON"
    )


def test_two_objectives_give_a_front_that_no_candidate_beats(hypernet):
    words = ("--objective", "score:max", "--objective", "params:min", "--sampler", "nsga2")
    answer = search(hypernet, "--n-trials", 12, *SCORES_ONLY, *words, "--json")

    front = {(entry["score"], entry["params"]) for entry in answer.document["pareto"]}
    points = {(float(row["score"]), int(row["params"])) for row in rows(Path("run"))}
    undominated = {
        (score, params)
        for score, params in points
        if not any(s >= score and p <= params and (s, p) != (score, params) for s, p in points)
    }
    assert front == undominated


def test_without_json_front_and_finalists_are_shown_as_tables(hypernet):
    objectives = ("--objective", "macs:max", "--objective", "params:min")
    lengths = ("--n-trials", 8, "--finalists", 2, "--finalist-epochs", 1, "--max-epochs", 0)
    answer = search(hypernet, *lengths, "--images", 32, *objectives)
    result = json.loads(Path("run/result.json").read_text())

    blocks = answer.out.split("\n\n")
    titles = [block.splitlines()[0] for block in blocks[:-2]]
    assert titles == [
        "pareto front, by macs:",
        "finalists, by length of training and accuracy:",
    ]
    front = sorted(result["pareto"], key=lambda found: -found["macs"])
    for block, expected in zip(blocks, (front, result["finalists"]), strict=False):
        shown = [line.split()[0] for line in block.splitlines()[2:]]
        assert shown == [found["name"] for found in expected]
    assert "largest by MACs" in blocks[1]
    assert blocks[2].startswith("best ")
    assert blocks[3].splitlines()[0].endswith("trained networks.")


def test_the_rungs_are_shown_and_told(hypernet):
    lengths = ("--n-trials", 6, "--finalist-epochs", 1, "--max-epochs", 2, "--images", 32)
    words = (*lengths, "--finalists", 2, "--reduction-factor", 2)
    shown = search(hypernet, *words).out
    told = search(hypernet, *words, "--json").document["rungs"]

    (line,) = (line for line in shown.splitlines() if line.startswith("rungs"))
    _, _, trainings = line.partition(" epochs' worth), ")
    assert line.split()[:3] == ["rungs", "6", "scored"]
    finals = told[2]["architectures"]
    assert trainings == f"4 x 1, {finals} x 2 epochs", "a known design and the largest besides"
    assert finals in (1, 2), "perhaps one of these too"
    assert [(r["name"], r["architectures"], r["epochs"]) for r in told] == [
        ("predicted weights", 6, 0),
        ("rung 1", 4, 1),
        ("rung 2", finals, 2),
    ]
    assert told[1]["equivalent_epochs"] == pytest.approx(4)
    columns = shown.splitlines()[1].split()
    assert columns[:2] == ["trial", "epochs"]
    assert [row.split()[1] for row in shown.splitlines()[2:6]] == [
        *finals * ["2"],
        *(4 - finals) * ["1"],
    ]


def test_a_budget_chooses_the_number_of_finalists(hypernet):
    lengths = ("--n-trials", 6, "--finalist-epochs", 1, "--max-epochs", 2, "--images", 32)
    document = search(hypernet, *lengths, "--budget", 6.5, "--json").document

    assert [(r["architectures"], r["epochs"]) for r in document["rungs"][1:]] == [(4, 1), (1, 2)]
    configuration = json.loads(Path("run/run.json").read_text())["configuration"]
    assert (configuration["budget"], configuration["finalists"]) == (6.5, 2)


def test_a_budget_that_is_too_small_is_refused(hypernet):
    answer = search(hypernet, "--n-trials", 2, "--budget", 29.5)

    assert answer.code == 2
    assert "a budget of 29.5 epochs is less than the 30 of the final training" in answer.error
    assert "at least 30 epochs" in answer.err


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_searches_without_a_word_on_stderr(sampler, hypernet):
    words = ("--sampler", sampler, "--quiet", "--json")
    answer = search(hypernet, "--n-trials", 5, *SCORES_ONLY, *words)

    assert (answer.code, answer.err) == (0, "")
    assert answer.document["trials"]["complete"] == 5


def test_the_study_can_be_kept_in_a_database(hypernet, tmp_path):
    words = ("--storage", f"sqlite:///{tmp_path / 'runs.db'}", "--study-name", "mine", "--json")
    answer = search(hypernet, "--n-trials", 3, *SCORES_ONLY, *words)

    assert answer.document["study"] == "mine"
    assert (tmp_path / "runs.db").stat().st_size > 0
    assert not (tmp_path / "run" / "study.journal").exists()


@pytest.mark.usefixtures("shipped")
def test_the_fitting_shipped_hypernetwork_and_a_folder_in_runs_are_the_default(tmp_path):
    answer = nas("search", *ON_DIGITS, "--n-trials", 2, *SCORES_ONLY, "--json")

    assert answer.code == 0
    assert answer.document["run"] == "runs/nb201-channels=4-digits"
    identity = json.loads(Path(answer.document["run"], "run.json").read_text())
    assert identity["identity"]["weights"]["name"] == "tiny"


def test_weights_can_be_trained_first_and_are_kept_for_the_next_time():
    words = ("--weights", "train", "--hypernet-steps", 2, "--n-trials", 2, *SCORES_ONLY)
    first = nas("search", *ON_DIGITS, *words, "--out", "run")
    card = Path("run/hypernet/card.json").read_bytes()
    again = nas("search", *ON_DIGITS, *words, "--out", "run")

    assert (first.code, again.code) == (0, 0)
    assert "train-hypernet: done" in first.err
    assert "train-hypernet" not in again.err
    assert Path("run/hypernet/card.json").read_bytes() == card


def test_weights_are_trained_first_without_being_asked_for_where_that_pays(monkeypatch):
    monkeypatch.setattr("hypernets.own_weights.training_pays", lambda *_, **__: True)
    words = ("--hypernet-steps", 2, "--n-trials", 2, *SCORES_ONLY, "--out", "run")
    first = nas("search", *ON_DIGITS, *words)
    again = nas("search", *ON_DIGITS, *words, "--weights", "auto")

    assert (first.code, again.code) == (0, 0), first.err + again.err
    assert "train-hypernet: done" in first.err
    assert "train-hypernet" not in again.err
    identity = json.loads(Path("run/run.json").read_text())["identity"]
    assert identity["weights"]["name"] == "hypernet"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--n-trials", -5), 2, "n_trials must be at least 1, got -5"),
        (("--n-trials", 0), 2, "n_trials must be at least 1, got 0"),
        (("--finalists", -1), 2, "finalists must not be negative, got -1"),
        (("--finalist-epochs", 0), 2, "finalist_epochs must be at least 1, got 0"),
        (("--max-epochs", -1), 2, "max_epochs must not be negative, got -1"),
        (("--reduction-factor", 1), 2, "the reduction factor must be at least 2, got 1"),
        (("--budget", 5), 2, "finalists and budget exclude each other, got 0 and 5"),
        (("--images", 0), 2, "images must be at least 1, got 0"),
        (("--timeout", -1), 2, "timeout must be positive, got -1"),
        (("--sampler", "evolutoin"), 2, "unknown sampler 'evolutoin'. Did you mean 'evolution'?"),
        (("--objective", "scroe:max"), 2, "unknown objective 'scroe'. Did you mean 'score'?"),
        (("--objective", "score:up"), 2, "expected max or min"),
        (("--objective", ""), 2, "unknown objective ''"),
        (("--constraint", "params<2"), 2, "cannot read the constraint 'params<2'"),
        (("--constraint", "params<=few"), 2, "cannot read the constraint 'params<=few'"),
        (("--constraint", "parmas<=2"), 2, "Did you mean 'params' or 'macs'?"),
        (("--constraint", "accuracy>=1"), 2, "known only after scoring"),
        (("--storage", "database"), 2, "unknown kind of storage 'database'"),
        (("--storage", "sqlite:////none/x.db"), 1, "cannot open the storage"),
        (("--weights", "none/here"), 1, "expected a hypernetwork directory"),
        (("--weights", "nobody"), 2, "unknown shipped hypernetwork 'nobody'"),
        (("--space", "darts:channels=4,cells=3"), 2, "was trained in space 'nb201'"),
    ],
)
def test_a_bad_value_is_explained(words, code, said, hypernet):
    answer = search(hypernet, "--n-trials", 2, *SCORES_ONLY, *words)

    assert answer.code == code
    assert said in answer.error


def test_what_is_out_of_range_is_refused_before_weights_are_trained():
    answer = nas(
        "search", *ON_DIGITS, "--weights", "train", "--constraint", "params", "--out", "run"
    )

    assert answer.code == 2
    assert "constraint" in answer.error
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.json", b"{"),
        ("run.json", b'{"format": "nas-run"}'),
        ("run.json", b'{"format": "other"}'),
    ],
)
def test_a_corrupt_run_folder_is_refused(name, content, hypernet):
    Path("run").mkdir()
    Path("run", name).write_bytes(content)
    answer = search(hypernet, "--n-trials", 2, *SCORES_ONLY)

    assert answer.code == 1
    assert "'run/run.json' is not a run of this program" in answer.error


def test_a_corrupt_journal_is_named(hypernet):
    Path("run").mkdir()
    Path("run", "study.journal").write_bytes(b"garbage\n")
    answer = search(hypernet, "--n-trials", 2, *SCORES_ONLY)

    assert answer.code == 1
    assert "the journal 'run/study.journal' is damaged" in answer.error


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_cannot_be_a_run_folder_is_refused(place, hypernet):
    Path("file").touch()
    answer = search(hypernet, "--n-trials", 2, *SCORES_ONLY, out=place)

    assert answer.code == 1
    assert f"cannot write to '{place}'" in answer.error


def test_weights_for_other_images_are_refused(hypernet, images):
    answer = search(hypernet, "--dataset", images, "--n-trials", 2, *SCORES_ONLY, "--quiet")

    assert answer.code == 2
    assert "for 1 channel and 10 classes, but 'images' has 3 channels and 2" in answer.error


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_a_folder_without_readable_images_is_refused(content, hypernet):
    for name in "ab":
        Path("images", name).mkdir(parents=True)
        if content:
            Path("images", name, "1.png").write_bytes(content)
    answer = search(hypernet, "--dataset", "images", "--n-trials", 2, *SCORES_ONLY)

    assert answer.code == 1
    assert "'images'" in answer.error
    assert " object at 0x" not in answer.error


def test_an_interrupted_search_keeps_its_generations_and_goes_on(hypernet, monkeypatch):
    def interrupt(self, event):
        if isinstance(event, Advanced) and event.done >= 32:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cli.progress.Display.__call__", interrupt)
        stopped = search(hypernet, "--n-trials", 35, *SCORES_ONLY)
    kept = rows(Path("run"))
    answer = search(hypernet, "--n-trials", 35, *SCORES_ONLY, "--json")

    assert stopped.code == 130
    assert stopped.err.splitlines()[-1] == "interrupted; repeat the command to go on from here"
    assert len(kept) >= 32
    assert rows(Path("run"))[: len(kept)] == kept
    assert answer.document["trials"]["complete"] == 35


@pytest.mark.slow
def test_ctrl_c_stops_a_search_and_the_same_command_goes_on(hypernet):
    words = ("search", *ON_DIGITS, "--weights", hypernet, "--n-trials", 400, *SCORES_ONLY)
    deadline = time.monotonic() + 120
    with process(*words, "--out", "run") as running:
        while not Path("run/trials.csv").exists():
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    kept = rows(Path("run"))
    answer = nas(*words, "--out", "run", "--json")

    assert running.returncode == 130
    assert said.splitlines()[-1] == "interrupted; repeat the command to go on from here"
    assert "Traceback" not in said
    assert 0 < len(kept) < 400
    assert rows(Path("run"))[: len(kept)] == kept
    assert answer.document["trials"]["complete"] == 400


@pytest.mark.skipif(not shipped_hypernets().names(), reason="no hypernetwork is shipped")
def test_a_data_set_takes_its_space_and_the_hypernetwork_shipped_for_both():
    words = ("--space", "nasnet", "--dataset", "digits")
    answer = nas("search", *words, "--n-trials", 2, *SCORES_ONLY, "--json")

    assert answer.code == 0, answer.err
    assert answer.document["run"] == "runs/nasnet-digits"
    document = json.loads(Path("runs/nasnet-digits/run.json").read_text())
    assert document["identity"]["weights"]["name"] == "nasnet-digits"


def test_a_front_without_the_score_is_shown_by_its_first_objective(hypernet):
    objectives = ("--objective", "params:min", "--objective", "macs:max")
    answer = search(hypernet, "--n-trials", 12, *SCORES_ONLY, *objectives)
    front = json.loads(Path("run/result.json").read_text())["pareto"]
    lines = answer.out.splitlines()
    start = lines.index("pareto front, by params:")
    expected = [row["name"] for row in sorted(front, key=lambda row: row["params"])]
    shown = [line.split()[0] for line in lines[start + 2 : start + 2 + len(front)]]
    assert len(front) > 1
    assert shown == expected
