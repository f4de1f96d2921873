from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from nas.data.catalog import load
from nas.data.description import Description
from nas.errors import ExportError
from nas.exporting.source import python_source
from nas.graph.builder import GraphBuilder
from nas.graph.op import OPS
from nas.graph.ops import Call, Constant, Layer, Parameter
from nas.importers.from_module import from_module
from tests.nas.exporting.networks import SPACES, everything, everything_on_edges, sampled, trained
from tests.zoo.small_networks import SMALL_NETWORKS
from tests.zoo.specimen import Specimen, relative_error, tensors

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from tests.zoo.zoo_network import ZooNetwork

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def network(graph: Graph) -> torch.nn.Module:
    scope: dict[str, object] = {"__name__": "model", "__file__": "model.py"}
    exec(compile(python_source(graph), "model.py", "exec"), scope)
    made = eval("Network()", scope)
    assert isinstance(made, torch.nn.Module)
    return made


def body(graph: Graph) -> list[str]:
    """The statements of ``Network.forward``."""
    (cls,) = (
        node
        for node in ast.parse(python_source(graph)).body
        if isinstance(node, ast.ClassDef) and node.name == "Network"
    )
    (forward,) = (
        node for node in cls.body if isinstance(node, ast.FunctionDef) and node.name == "forward"
    )
    return [ast.unparse(statement) for statement in forward.body]


def test_the_graph_of_everything_leaves_no_operation_out() -> None:
    nodes = (*everything().nodes, *everything_on_edges().nodes)
    assert {node.op.kind for node in nodes} == set(OPS) - {"layer", "recorded_call"}


def test_a_small_network_reads_like_one_written_by_hand() -> None:
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    with b.scope("stem"):
        x = b.relu(b.batch_norm(b.conv2d(x, 4, name="conv"), name="norm"))
    with b.scope("body"):
        x = b.add(x, b.relu(b.conv2d(x, 4, 1, name="conv")), name="sum")
    graph = b.build(b.classifier(x, 2))
    assert body(graph) == [
        "y = self.stem.conv(x)",
        "y = self.stem.norm(y)",
        "stem_relu = F.relu(y)",
        "y = self.body.conv(stem_relu)",
        "y = F.relu(y)",
        "y = stem_relu + y",
        "y = F.adaptive_avg_pool2d(y, 1)",
        "y = y.flatten(1)",
        "classifier = self.classifier(y)",
        "return classifier",
    ]


@pytest.mark.parametrize("name", ["y", "x_", "y0"])
def test_short_names_do_not_take_a_node_s_name(name: str) -> None:
    b = GraphBuilder()
    x = b.input((1, 2, 4, 4), name="y" if name == "x_" else "x")
    kept = b.op(everything().nodes[1].op, x, name=name)
    other = b.relu(b.relu(x))
    graph = b.build(b.add(kept, other))
    images = torch.randn(2, 2, 4, 4)
    expected = torch.nn.functional.elu(images) + images.relu()
    torch.testing.assert_close(network(graph)(images), expected)


@pytest.mark.parametrize("space", SPACES)
def test_state_is_named_like_the_graph_s_parameters(space: str) -> None:
    graph = sampled(space, 0)
    parameters = dict(network(graph).named_parameters())
    assert {name: tuple(p.shape) for name, p in parameters.items()} == {
        name: spec.shape for name, spec in graph.parameters().items()
    }


@pytest.mark.parametrize("space", SPACES)
def test_names_are_those_of_the_nodes(space: str) -> None:
    graph = sampled(space, 1)
    known = {node.name.replace(".", "_") for node in graph.nodes} | {"y", "return"}
    for line in body(graph):
        target = line.split()[0]
        assert target in known or re.sub(r"_\d+$", "", target) in known


def test_networks_on_data_graphs_compute_the_same_and_share_their_state() -> None:
    graph = everything_on_edges()
    expected = trained(graph)
    written = network(graph).eval()
    written.load_state_dict(expected.state_dict())
    x, edges = torch.rand(7, 9), torch.randint(7, (2, 20))
    with torch.no_grad():
        torch.testing.assert_close(written(x, edges), expected(x, edges), rtol=1e-4, atol=1e-4)


def test_layers_on_data_graphs_are_those_of_torch_geometric() -> None:
    source = python_source(everything_on_edges())
    assert "from torch_geometric.nn import (\n    ARMAConv,\n    ChebConv,\n" in source
    assert "self.gin_conv = GINConv(nn.Linear(8, 8, bias=False))" in source
    assert "self.cheb_conv = ChebConv(8, 8, K=2)" in source
    assert "self.gat_conv1 = GATConv(8, 4, heads=2, concat=False)" in source
    assert "Features (N, 9) of nodes and edges (2, E)" in source
    assert "needs torch-geometric" in source


@pytest.mark.parametrize(
    ("make", "geometric"), [(everything, set()), (everything_on_edges, {"torch_geometric"})]
)
def test_imports_are_torch_and_the_standard_library(make, geometric) -> None:
    imported = set()
    for node in ast.walk(ast.parse(python_source(make()))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.module
            imported.add(node.module.partition(".")[0])
    assert imported == {"pathlib", "torch", "safetensors"} | geometric


def test_unused_modules_are_not_imported() -> None:
    b = GraphBuilder()
    source = python_source(b.build(b.flatten(b.input((1, 3, 8, 8)))))
    assert "functional" not in source


def test_each_statement_is_one_line_and_sums_are_written_with_signs() -> None:
    b = GraphBuilder()
    x = b.input((1, 4, 4, 4), name="a_name_as_long_as_they_become_in_cells_of_cells_of_blocks")
    for number in range(3):
        x = b.add(x, b.mul(x, b.relu(x)), name=f"another_name_that_leaves_no_room_{number}")
    graph = b.build(b.concat(x, x, x, x, name="all"))
    statements = body(graph)
    assert not any("torch.add" in line or "torch.mul" in line for line in statements)
    assert sum(" + " in line for line in statements) == 3
    assert sum(" * " in line for line in statements) == 3
    forward = python_source(graph).partition("def forward")[2].partition("WEIGHTS")[0]
    lines = [line.strip() for line in forward.splitlines()[1:] if line]
    assert lines == [line.replace("'", '"') for line in statements]


def test_several_outputs() -> None:
    b = GraphBuilder()
    x = b.input((1, 3, 4, 4))
    module = network(b.build(b.relu(x), b.flatten(x)))
    images = torch.randn(2, 3, 4, 4)
    first, second = module(images)
    assert torch.equal(first, images.relu())
    assert torch.equal(second, images.flatten(1))


@pytest.mark.parametrize("zoo_network", SMALL_NETWORKS, ids=str)
def test_imported_networks_are_written_out(zoo_network: ZooNetwork) -> None:
    """Except for networks with layers that run unchanged."""
    specimen = Specimen.of(zoo_network)
    graph = specimen.imported.graph
    if any(isinstance(node.op, Layer) for node in graph.nodes):
        with pytest.raises(ExportError, match="runs unchanged"):
            python_source(graph)
        return
    module = network(graph).eval()
    module.load_state_dict(dict(specimen.imported.state), strict=False)
    with torch.no_grad():
        actual = tensors(module(*specimen.fresh_inputs))
    assert relative_error(actual, specimen.expected(specimen.fresh_inputs)) <= 1e-5


def test_tensors_without_a_layer_are_plain_parameters_and_buffers() -> None:
    b = GraphBuilder()
    x = b.input((1, 4))
    table = b.op(Parameter(shape=(1, 4)), name="table")
    graph = b.build(b.add(x, table, b.op(Constant(shape=(1, 4)), name="fixed")))
    source = python_source(graph)
    assert "self.table.value = nn.Parameter(torch.zeros((1, 4)))" in source
    assert (
        'self.fixed.register_buffer("value", torch.zeros((1, 4), dtype=torch.float32))' in source
    )
    assert body(graph)[0] == "y = x + self.table.value"


def test_the_example_at_the_end_has_the_inputs_of_the_network() -> None:
    b = GraphBuilder()
    ids, x = b.input((1, 5), dtype="int64", name="ids"), b.input((1, 5, 4), name="x")
    source = python_source(b.build(b.add(b.embedding(ids, 9, 4), x)))
    assert "load()(torch.zeros((1, 5), dtype=torch.int64), torch.zeros((1, 5, 4)))" in source


class Recurrent(nn.Module):
    """Its states start at zero, and its scores are cast as in half-precision models."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 8, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(16, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.lstm(x)[0].float().pow(2)
        return self.head(torch.softmax(h, -1, dtype=torch.float32)[:, -1].to(x.dtype))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_recurrent_network_is_converted_as_a_whole(dtype: torch.dtype) -> None:
    x = torch.randn(2, 5, 4)
    imported = from_module(Recurrent().eval(), x)
    module = network(imported.graph).eval()
    module.load_state_dict(dict(imported.state))
    expected = module(x)
    actual = module.to(dtype)(x.to(dtype))
    assert actual.dtype == dtype
    torch.testing.assert_close(actual.float(), expected, rtol=0.02, atol=0.02)
    assert torch.allclose(module.float()(x), expected, atol=0.02)


def test_a_network_without_parameters_makes_numbers_of_its_own_type() -> None:
    b = GraphBuilder()
    x = b.input((1, 4))
    ones = b.op(Call(expression="torch.full((1, 4), -inf, device=x0.device)"), x)
    graph = b.build(b.op(Call(expression="torch.maximum(x0, x1)"), x, ones))
    assert body(graph)[0] == "dtype = torch.float32"
    assert torch.equal(network(graph)(torch.arange(4.0)[None]), torch.arange(4.0)[None])


@pytest.mark.parametrize(
    ("given", "written"),
    [("", ", dtype=dtype"), (", dtype=torch.float", ", dtype=dtype")]
    + [(text, text) for text in (", dtype=torch.int64", ", dtype=torch.float64")],
)
def test_created_tensors_are_written_with_the_names_of_their_inputs(given, written) -> None:
    b = GraphBuilder()
    x = b.input((1, 4), name="image")
    ones = Call(expression=f"torch.ones(x0.shape[0], 4, device=x0.device{given})")
    graph = b.build(x, b.op(ones, x))
    assert body(graph)[-2] == (
        f"call = torch.ones(image.shape[0], 4, device=image.device{written})"
    )


def test_the_head_of_the_file_describes_it() -> None:
    graph = sampled("nb201", 0)
    count = sum(p.numel() for p in network(graph).parameters())
    source = python_source(graph)
    assert f"{count:,} parameters" in source
    assert "Input (1, 3, 16, 16) with any batch size, output (1, 7)." in source


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    (folder / "everything.py").write_text(python_source(everything()))
    (folder / "edges.py").write_text(python_source(everything_on_edges()))
    (folder / "digits.py").write_text(python_source(everything(), Description.of(load("digits"))))
    for space in SPACES:
        for seed in range(3):
            (folder / f"{space}{seed}.py").write_text(python_source(sampled(space, seed)))
    return folder


@pytest.mark.parametrize("settings", [["--isolated"], [f"--config={PYPROJECT}", "--ignore=E501"]])
def test_ruff_has_nothing_to_say(folder: Path, settings: list[str]) -> None:
    """With ruff's own rules, and with those of this project except for long lines."""
    ruff = [sys.executable, "-m", "ruff"]
    done = subprocess.run(
        [*ruff, "check", "--no-cache", *settings, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
