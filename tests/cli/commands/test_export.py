from __future__ import annotations

from tests.cli.program import nas

NET = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self, classes=10):
        super().__init__(nn.Flatten(), nn.Linear(64, classes))
"""


def test_the_model_of_a_run(finished, tmp_path):
    answer = nas("export", finished, "--format", "python,safetensors", "--out", tmp_path, "--json")
    assert (answer.code, answer.document["files"][0]["rows"]) == (0, [1, 3, 64])
    paths = [file["path"] for file in answer.document["files"]]
    assert paths == [str(tmp_path / "model.py"), str(tmp_path / "model.safetensors")]


def test_the_table_says_what_the_files_take(finished, tmp_path):
    answer = nas("export", finished, "--format", "torch-export", "--out", tmp_path)
    assert answer.code == 0, answer.err
    assert f"{tmp_path / 'model.pt2'}" in answer.out
    assert "any batch" in answer.out
    assert f"how to use them: {tmp_path / 'card.md'}" in answer.out


def test_a_users_module_with_its_data(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    factory, out = f"{tmp_path / 'net.py'}:Net", tmp_path / "out"
    answer = nas(
        "export", factory, "--dataset", "digits", "--format", "safetensors", "--out", out, "--json"
    )
    assert answer.code == 0, answer.err
    assert (out / "model.safetensors").is_file()


def test_an_architecture_of_a_run_needs_weights(finished, tmp_path):
    answer = nas("export", f"{finished}#0", "--out", tmp_path)
    assert answer.code == 2
    assert "error: an architecture has no weights" in answer.err


def test_a_module_without_data_is_refused(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    answer = nas("export", f"{tmp_path / 'net.py'}:Net", "--out", tmp_path / "out")
    assert answer.code == 2
    assert "the data set of the module is not known" in answer.err


def test_a_format_that_does_not_exist_is_refused(finished, tmp_path):
    answer = nas("export", finished, "--format", "onx", "--out", tmp_path)
    assert answer.code == 2
    assert "unknown export format 'onx'. Did you mean 'onnx'?" in answer.err
