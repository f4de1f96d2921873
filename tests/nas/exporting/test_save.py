from __future__ import annotations

import importlib
import pickle
import re
import runpy
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from nas.compile.module import to_module
from nas.data.catalog import load
from nas.errors import CheckpointError, ExportError
from nas.exporting.files import Files
from nas.exporting.final_training import train_and_save
from nas.exporting.random_inputs import random_inputs
from nas.exporting.save import load_module, save
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.ops.call import Call
from nas.testing.dataset import images_of
from nas.training.config import TrainConfig
from tests.nas.exporting.networks import SPACES, everything, run_alone, sampled, trained

if TYPE_CHECKING:
    from pathlib import Path

DIGITS = load("digits")
FIGURES = {"test_accuracy": 0.9375, "params": 12345, "seconds": 1.23, "architecture": "|a~0|"}
NAMES = ["architecture.json", "card.md", "model.py", "model.safetensors"]
ALONE = """
import numpy, torch
from pathlib import Path
torch.set_num_threads(1)
for folder in sorted(Path(".").iterdir()):
    sys.path[0] = str(folder)
    sys.modules.pop("model", None)
    from model import load
    with torch.no_grad():
        out = load()(torch.from_numpy(numpy.load(folder / "images.npy")))
    numpy.save(folder / "out.npy", out.numpy())
loaded = {name.partition(".")[0] for name in sys.modules}
print(*sorted(loaded & {"nas", "search_spaces", "hypernets", "cli", "optuna", "torch_geometric"}))
"""


PICKLED = """
import torch
torch.set_num_threads(1)
network, images, expected = torch.load("saved.pt", weights_only=False)
with torch.no_grad():
    print(torch.allclose(network(images), expected))
"""


def graphs() -> dict[str, Graph]:
    return {"everything": everything(), **{space: sampled(space, 0) for space in SPACES}}


@pytest.fixture
def graph() -> Graph:
    return sampled("nb201", 3)


def test_written_networks_run_without_this_package(tmp_path: Path) -> None:
    """One new Python process for all of them, as its start takes long."""
    expected = {}
    for name, graph in graphs().items():
        module = trained(graph)
        files = save(graph, module, tmp_path / name)
        images = torch.randn(5, *graph.inputs[0].shape[1:])
        np.save(files.directory / "images.npy", images.numpy())
        with torch.no_grad():
            expected[name] = module(images)
    assert run_alone(ALONE, tmp_path) == "\n"
    for name, output in expected.items():
        assert output.std() > 0
        written = torch.from_numpy(np.load(tmp_path / name / "out.npy"))
        torch.testing.assert_close(written, output, rtol=1e-6, atol=1e-6)


def test_files(tmp_path: Path, graph: Graph) -> None:
    files = save(graph, trained(graph), tmp_path / "deep" / "best")
    assert files == Files(tmp_path / "deep" / "best")
    assert sorted(file.name for file in files.directory.iterdir()) == NAMES
    assert Graph.from_json(files.architecture.read_text()) == graph
    assert list((tmp_path / "deep").iterdir()) == [files.directory]


def test_weights_are_the_module_s_state(tmp_path: Path, graph: Graph) -> None:
    module = trained(graph)
    written = load_file(save(graph, module, tmp_path).weights)
    state = module.state_dict()
    assert written.keys() == state.keys()
    assert all(torch.equal(tensor, state[name]) for name, tensor in written.items())


def test_load_module_is_the_inverse_of_save(tmp_path: Path) -> None:
    graph = everything()
    module = trained(graph)
    save(graph, module, tmp_path)
    loaded = load_module(graph, tmp_path)
    assert not loaded.training
    images = torch.randn(3, *graph.inputs[0].shape[1:])
    with torch.no_grad():
        assert torch.equal(loaded(images), module(images))


def test_a_second_export_replaces_the_first_and_leaves_other_files(
    tmp_path: Path, graph: Graph
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    save(everything(), trained(everything()), tmp_path)
    save(graph, trained(graph), tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([*NAMES, "notes.txt"])
    assert (tmp_path / "notes.txt").read_text() == "mine"
    load_module(graph, tmp_path)


def test_the_card_states_the_figures(tmp_path: Path, graph: Graph) -> None:
    module = trained(graph)
    files = save(graph, module, tmp_path, data=DIGITS, figures=FIGURES)
    assert files.card.read_text().splitlines()[:8] == [
        "# Network",
        "",
        "- test accuracy: 93.75%",
        "- params: 12,345",
        "- seconds: 1.2",
        "- architecture: |a~0|",
        "- data set: digits, 10 classes",
        "- input: 3 x 16 x 16",
    ]


def test_the_file_and_the_example_on_the_card_run(tmp_path: Path, graph: Graph) -> None:
    files = save(graph, trained(graph), tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", files.card.read_text(), re.DOTALL)
    script = "import runpy; runpy.run_path('model.py', run_name='__main__')"
    output = run_alone(f"{example}\nprint(type(network).__name__)\n{script}", tmp_path)
    assert output.startswith("Network\ntensor([[")


def small(resolution: int) -> Graph:
    b = GraphBuilder()
    x = b.relu(b.batch_norm(b.conv2d(b.input((1, 1, resolution, resolution)), 4)))
    return b.build(b.classifier(x, 10))


def test_raw_test_images_reach_the_recorded_accuracy_without_this_package(tmp_path: Path) -> None:
    result = train_and_save(small(8), DIGITS, tmp_path, TrainConfig(epochs=3))
    np.savez(
        tmp_path / "test.npz", images=images_of(DIGITS.test).images, labels=DIGITS.test.labels
    )
    (example,) = re.findall(r"```python\n(.*?)```", Files(tmp_path).card.read_text(), re.DOTALL)
    given = "import numpy, torch; test = numpy.load('test.npz')"
    images = "images = torch.from_numpy(test['images'])"
    score = "print((classes.numpy() == test['labels']).sum() / len(classes), CLASSES)"
    output = run_alone("\n".join([given, images, example, score]), tmp_path)
    accuracy, names = output.split(maxsplit=1)
    assert result.test_accuracy > 0.2
    assert float(accuracy) == result.test_accuracy
    assert names.strip() == str(tuple("0123456789"))


@pytest.mark.parametrize("resolution", [8, 4])
def test_raw_images_are_prepared_as_in_training(tmp_path: Path, resolution: int) -> None:
    graph = small(resolution)
    model = runpy.run_path(str(save(graph, trained(graph), tmp_path, data=DIGITS).source))
    expected = images_of(DIGITS.at(resolution).test).normalised(slice(None))
    assert torch.equal(model["preprocess"](images_of(DIGITS.test).images), expected)


def test_images_that_are_no_bytes_are_refused(tmp_path: Path) -> None:
    graph = small(8)
    model = runpy.run_path(str(save(graph, trained(graph), tmp_path, data=DIGITS).source))
    with pytest.raises(TypeError, match=r"expected images in bytes.*got torch\.float32"):
        model["preprocess"](images_of(DIGITS.test).images / 255)


def of_tokens() -> Graph:
    """Inputs are ids below 5 and real numbers; there are two outputs."""
    b = GraphBuilder()
    ids = b.input((1, 7), name="ids", dtype="int64")
    x = b.flatten(b.embedding(ids, 5, 4))
    scores = b.linear(b.concat(x, b.input((1, 3), name="x")), 6)
    return b.build(scores, b.linear(b.relu(scores), 2))


def of_data_graph() -> Graph:
    """Each node sums the messages of its neighbours."""
    b = GraphBuilder()
    x, edges = b.input((1, 9)), b.edge_index()
    x = b.linear(x, 8)
    ends = [Call(expression=f"x0.select(0, {end})", dtypes=("int64",)) for end in (0, 1)]
    source, target = (b.op(end, edges) for end in ends)
    messages = Call(expression="x0.index_select(0, x1)", dtypes=("float32", "int64"))
    added = Call(expression="x0.index_add(0, x1, x2)", dtypes=("float32", "int64", "float32"))
    x = b.op(added, x, target, b.op(messages, x, source))
    return b.build(b.linear(b.relu(x), 3))


@pytest.mark.parametrize(
    ("graph", "size"),
    [(of_tokens(), "7, 3"), (of_data_graph(), "9, edges 2 x E")],
    ids=["tokens", "data graph"],
)
def test_networks_of_other_inputs(tmp_path: Path, graph: Graph, size: str) -> None:
    module = trained(graph)
    files = save(graph, module, tmp_path)
    assert f"- input: {size}" in files.card.read_text().splitlines()
    inputs = random_inputs(graph, torch.Generator().manual_seed(1))
    written = runpy.run_path(str(files.source))["load"](files.weights)
    torch.testing.assert_close(written(*inputs), module(*inputs))


@pytest.mark.parametrize("names", [None, tuple(f'it\'s "{n}"' for n in range(40))])
def test_class_names_are_written(tmp_path: Path, names: tuple[str, ...] | None) -> None:
    graph = small(8)
    data = replace(DIGITS, class_names=names)
    model = runpy.run_path(str(save(graph, trained(graph), tmp_path, data=data).source))
    assert model["CLASSES"] == names


def unlearnt(expression: str) -> Graph:
    """A network without parameters."""
    b = GraphBuilder()
    return b.build(b.op(Call(expression=expression), b.flatten(b.input((1, 3, 4, 4)))))


@pytest.mark.parametrize(
    "expression",
    ["x0.exp()", "x0.log()", "x0.gt(0.0)", "x0.argmax(1)", "x0.bernoulli(0.5)", "x0.div(0.0)"],
)
def test_networks_without_parameters_and_of_any_numbers(tmp_path: Path, expression: str) -> None:
    """Outputs are nan, booleans, ids, random or infinite."""
    graph = unlearnt(expression)
    files = save(graph, to_module(graph), tmp_path)
    assert load_file(files.weights) == {}
    assert load_module(graph, tmp_path)(torch.zeros(2, 3, 4, 4)).shape[0] == 2


@pytest.mark.parametrize("changed", ["x0.exp()", "x0.gt(1.0)", "x0.sum(1)", "x0.log()"])
def test_other_numbers_are_noticed(tmp_path: Path, changed: str) -> None:
    graph = unlearnt("x0.gt(0.0)")
    with pytest.raises(ExportError, match="differs from the trained network by"):
        save(graph, to_module(unlearnt(changed)), tmp_path)


def test_a_card_has_a_line_for_each_figure_whatever_its_text(tmp_path: Path, graph: Graph) -> None:
    text = "a\n```python\nimport os\n```\n# b"
    plain = save(graph, trained(graph), tmp_path / "a", data=DIGITS, figures=FIGURES).card
    data = replace(DIGITS, name=text)
    card = save(
        graph, trained(graph), tmp_path / "b", data=data, figures={**FIGURES, "note": text}
    )
    lines = card.card.read_text().splitlines()
    assert "- note: a ```python import os ``` # b" in lines
    assert "- data set: a ```python import os ``` # b, 10 classes" in lines
    assert len(lines) == len(plain.read_text().splitlines()) + 1


def test_models_of_the_imported_file_can_be_pickled(
    tmp_path: Path, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process, such as a data loader, can unpickle them."""
    save(graph, trained(graph), tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("model")
    monkeypatch.delitem(sys.modules, "model")
    monkeypatch.setitem(sys.modules, "model", module)
    network = module.load()
    images = torch.randn(2, *graph.inputs[0].shape[1:])
    with torch.no_grad():
        expected = network(images)
        assert torch.equal(pickle.loads(pickle.dumps(network))(images), expected)
    torch.save((network, images, expected), tmp_path / "saved.pt")
    assert run_alone(PICKLED, tmp_path) == "True\n"


def test_a_network_that_differs_is_not_written(tmp_path: Path, graph: Graph) -> None:
    class Doubled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = trained(graph)

        def state_dict(self, *args: object, **kwargs: object):
            return self.inner.state_dict()

        def forward(self, x: torch.Tensor):
            return 2 * self.inner(x)

    save(graph, trained(graph), tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(ExportError, match="differs from the trained network by") as caught:
        save(graph, Doubled(), tmp_path)
    assert "architecture.json" in caught.value.hint
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.unlink(), "cannot read the weights"),
        (lambda file: file.write_bytes(b"no weights"), "cannot read the weights"),
        (lambda file: save_file({"a": torch.zeros(1)}, file), "are of another architecture"),
    ],
    ids=["missing", "garbage", "foreign"],
)
def test_weights_that_cannot_be_used(tmp_path: Path, graph: Graph, damage, message: str) -> None:
    weights = save(graph, trained(graph), tmp_path).weights
    damage(weights)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_module(graph, tmp_path)
    assert str(weights) in caught.value.message


def test_all_files_have_the_permissions_of_any_new_file(tmp_path: Path, graph: Graph) -> None:
    files = save(graph, trained(graph), tmp_path)
    (tmp_path / "plain").touch()
    modes = {file.stat().st_mode for file in files.directory.iterdir()}
    assert modes == {(tmp_path / "plain").stat().st_mode}
