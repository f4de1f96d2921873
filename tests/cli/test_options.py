from __future__ import annotations

import pytest

from tests.cli.program import ARCHITECTURE, ON_DIGITS, SCORES_ONLY, nas


def test_a_configuration_gives_options_by_their_names(hypernet, tmp_path):
    (tmp_path / "search.toml").write_text(
        f"""
        space = "nb201:channels=4,cells=1"
        dataset = "digits"
        weights = "{hypernet}"
        n-trials = 3
        finalists = 0
        max_epochs = 0
        images = 16
        objective = ["score:max", "params:min"]
        constraint = "params<=1M"
        sampler = "random"
        out = "{tmp_path / "run"}"
        json = true
        quiet = true
        """
    )
    answer = nas("search", "--config", tmp_path / "search.toml")

    assert (answer.code, answer.err) == (0, "")
    assert answer.document["trials"]["complete"] == 3
    assert answer.document["run"] == str(tmp_path / "run")
    assert len(answer.document["best"]["values"]) == 2
    assert "params<=1000000" in (tmp_path / "run" / "trials.csv").read_text().splitlines()[0]


def test_the_command_line_wins_over_the_configuration(hypernet, tmp_path):
    (tmp_path / "rank.toml").write_text("sample = 5\nimages = 16\n")
    words = (
        "rank",
        *ON_DIGITS,
        "--weights",
        hypernet,
        "--json",
        "--config",
        tmp_path / "rank.toml",
    )

    assert len(nas(*words).document["scores"]) == 5
    assert len(nas(*words, "--sample", 2).document["scores"]) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("n-trails = 3", "no option 'n-trails'. Did you mean 'n-trials'?"),
        ("objectives = ['score']", "no option 'objectives'. Did you mean 'objective'?"),
        ("config = 'other.toml'", "no option 'config'."),
        ("n-trials = 'many'", "n-trials: 'many' is not a valid integer."),
        ("n-trials = true", "n-trials: expected a whole number, got True"),
        ("n-trials = [3]", "n-trials: expected a whole number, got [3]"),
        ("n-trials = 1.5", "n-trials: expected a whole number, got 1.5"),
        ("workers = 1.0", "workers: expected a whole number, got 1.0"),
        ("seed = nan", "seed: expected a whole number, got nan"),
        ("budget = true", "budget: expected a value, got True"),
        ("out = ''", "out: expected a path, got ''"),
        ('out = "a\\u0000b"', "out: expected a path"),
        ("dataset = ' '", "dataset: expected a name, got ' '"),
        ("json = 'yes'", "json: expected true or false, got 'yes'"),
        ("space = {name = 'nb201'}", "space: expected a value, got {'name': 'nb201'}"),
        ("workers = 0", "workers: 0 is not in the range x>=1."),
        ("n-trials = ", "is no TOML"),
        ("n-trials = inf", "n-trials: expected a whole number, got inf"),
        pytest.param("seed = " + "9" * 5000, "is no TOML", id="long number"),
        pytest.param("seed = " + "[" * 5000, "nested too deeply", id="nested"),
    ],
)
def test_a_faulty_configuration_is_wrong_usage_and_the_place_is_named(content, said, tmp_path):
    (tmp_path / "faulty.toml").write_text(content)
    answer = nas("search", "--config", "faulty.toml")

    assert answer.code == 2
    assert "faulty.toml" in answer.error
    assert said in answer.error


def test_a_configuration_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    answer = nas("spaces", "--config", "binary.toml")

    assert answer.code == 2
    assert "'binary.toml' is no TOML" in answer.error


def test_a_configuration_that_is_not_there_is_refused():
    answer = nas("spaces", "--config", "none.toml")

    assert answer.code == 2
    assert "'none.toml' does not exist" in answer.error


@pytest.mark.parametrize("command", ["search", "rank", "predict", "train", "train-hypernet"])
@pytest.mark.parametrize(
    ("option", "value", "code", "said"),
    [
        ("--space", "drts", 2, "unknown search space 'drts'. Did you mean 'darts'?"),
        ("--space", "nb201:chanels=4", 2, "no macro size 'chanels'. Did you mean 'channels'"),
        ("--space", "nb201:channels=-3", 2, "channels must be at least 1, got -3"),
        ("--space", "nb201:channels=wide", 2, "channels must be of type int, got 'wide'"),
        ("--space", "nb201:channels", 2, "expected 'key=value' in 'nb201:channels'"),
        (
            "--dataset",
            "digit",
            2,
            "unknown data set 'digit'. Did you mean 'digits' or 'digits-knn'?",
        ),
        ("--dataset", "none/here", 1, "no data at 'none/here'"),
        ("--device", "cuda:99", 1, "device 'cuda:99' was asked for"),
        ("--device", "gpu", 1, "unknown device 'gpu'; expected auto, cpu, cuda or cuda:<index>"),
    ],
)
def test_a_bad_value_of_a_shared_option_is_explained(command, option, value, code, said):
    given = {"predict": (ARCHITECTURE,), "train": (ARCHITECTURE,), "rank": ("--sample", "1")}
    answer = nas(command, *given.get(command, ()), *ON_DIGITS, option, value)

    assert answer.code == code
    assert said in answer.error


def test_progress_goes_to_stderr_alone_and_quiet_silences_it(hypernet, tmp_path):
    words = ("search", *ON_DIGITS, "--weights", hypernet, "--n-trials", 2, *SCORES_ONLY, "--json")
    loud = nas(*words, "--out", tmp_path / "loud")
    quiet = nas(*words, "--out", tmp_path / "quiet", "--quiet")

    assert loud.err.startswith("search: 2/2")
    assert quiet.err == ""
    assert loud.document["best"] == quiet.document["best"]
