from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors import safe_open

from nas.data.catalog import load
from nas.data.description import Description
from nas.errors import ConfigError, ExportError, UnknownNameError
from nas.exporting.export import export
from nas.exporting.exportable import Exportable, read_exportable
from nas.exporting.exporters import EXPORTERS, ExportOptions
from nas.graph.builder import GraphBuilder
from tests.nas.exporting.networks import everything, everything_on_edges, trained

if TYPE_CHECKING:
    from pathlib import Path

    from nas.graph.graph import Graph

DIGITS = Description.of(load("digits"))
FIGURES = {"test_accuracy": 0.9375, "params": 12345}


def small() -> Graph:
    b = GraphBuilder()
    x = b.relu(b.batch_norm(b.conv2d(b.input((1, 1, 8, 8)), 4)))
    return b.build(b.classifier(x, 10))


def on_edges() -> Graph:
    b = GraphBuilder()
    x, edges = b.input((1, 5)), b.edge_index()
    x = b.graph_attention(x, edges, "gat", 4, heads=2)
    return b.build(b.message_passing(x, edges, "gcn", 3))


def network(graph: Graph, about: Description | None = None) -> Exportable:
    return Exportable.of(graph, trained(graph), about=about, figures=FIGURES)


def test_an_image_network_in_every_format(tmp_path: Path) -> None:
    graph = small()
    files = export(network(graph, DIGITS), tmp_path, EXPORTERS.names())
    assert [file.format for file in files] == EXPORTERS.names()
    assert all(file.path.is_file() and file.difference <= 1e-5 for file in files)
    assert {file.format for file in files if file.any_size} == {"onnx", "torch-export"}
    assert {file.rows for file in files} == {(), (1, 3, 64)}
    card = (tmp_path / "card.md").read_text()
    assert "test accuracy: 93.75%" in card
    for file in files:
        assert f"## {file.path.name}\n" in card
    assert (tmp_path / "architecture.json").read_text() == graph.to_json()
    left = {path.name for path in tmp_path.iterdir()} - {file.path.name for file in files}
    assert left == {"architecture.json", "card.md"}

    written = onnx.load(tmp_path / "model.onnx")
    described = {entry.key: entry.value for entry in written.metadata_props}
    assert Description.read(described) == DIGITS
    assert [entry.name for entry in written.graph.output] == ["scores"]
    with safe_open(tmp_path / "model.safetensors", "pt") as opened:
        assert json.loads(opened.metadata()["figures"]) == FIGURES


def test_a_network_on_graphs_as_onnx(tmp_path: Path) -> None:
    (file,) = export(network(on_edges()), tmp_path, ["onnx"])
    assert file.any_batch
    sizes = onnx.load(file.path).graph.input
    names = [[d.dim_param or d.dim_value for d in x.type.tensor_type.shape.dim] for x in sizes]
    assert names == [["nodes", 5], [2, "edges"]]


def test_preprocessing_inside_takes_bytes(tmp_path: Path) -> None:
    of_digits = network(small(), DIGITS)
    options = ExportOptions(with_preprocessing=True)
    (file,) = export(of_digits, tmp_path, ["onnx"], options)
    images = load("digits").test.subset(slice(5))
    session = onnxruntime.InferenceSession(file.path)
    (scores,) = session.run(None, {"images": images.tensors[1].numpy()})
    with torch.no_grad():
        expected = of_digits.module(images.whole().inputs[0])
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)
    assert "- `images`: uint8 (batch, 1, 8, 8)" in (tmp_path / "card.md").read_text()


def test_preprocessing_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="the preprocessing is not known"):
        export(network(small()), tmp_path, ["onnx"], ExportOptions(with_preprocessing=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ExportOptions(opset=18), "python and safetensors do not take the option opset"),
        (ExportOptions(with_preprocessing=True), "do not take the option with_preprocessing"),
    ],
)
def test_options_of_other_formats_are_refused(
    options: ExportOptions, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        export(network(small()), tmp_path, ["python", "safetensors"], options)


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown export format 'onx'.*'onnx'"):
        export(network(small()), tmp_path, ["python", "onx"])
    assert not list(tmp_path.iterdir())


def test_the_files_of_a_former_export_stay_if_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(network(small()), tmp_path, ["safetensors"])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    broken = trained(small())
    monkeypatch.setattr(broken, "state_dict", dict)  # the file lacks all tensors
    with pytest.raises(ExportError):
        export(Exportable(graph=small(), module=broken), tmp_path, ["python"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_export_can_be_exported_again(tmp_path: Path) -> None:
    export(network(small(), DIGITS), tmp_path, ["safetensors"])
    again = read_exportable(small(), tmp_path / "model.safetensors")
    assert (again.about, again.figures) == (DIGITS, FIGURES)
    state = again.module.state_dict()
    torch.testing.assert_close(dict(state), dict(trained(small()).state_dict()))


@pytest.mark.slow
@pytest.mark.parametrize("make", [everything, everything_on_edges])
@pytest.mark.parametrize("name", EXPORTERS)
def test_every_operation_in_every_format(name: str, make, tmp_path: Path) -> None:
    (file,) = export(network(make()), tmp_path, [name])
    assert file.any_batch
