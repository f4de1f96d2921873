from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from nas.errors import GraphError
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.limits import CHARACTERS, NODES, check_size

if TYPE_CHECKING:
    from pathlib import Path


def document(*nodes: tuple[str, str, dict[str, Any], list[str]], shape: Any = (1, 3, 8, 8)) -> str:
    keys = ("name", "op", "attributes", "inputs")
    return json.dumps(
        {
            "format": "nas-graph",
            "version": 1,
            "inputs": [{"name": "x", "shape": shape, "dtype": "float32"}],
            "nodes": [dict(zip(keys, node, strict=True)) for node in nodes],
            "outputs": [nodes[-1][0]],
        }
    )


def conv(channels: int, **attributes: Any) -> dict[str, Any]:
    return {"out_channels": channels, **attributes}


FREE = ("a", "activation", {"function": "relu"}, ["x"])
FILLED = {"expression": "torch.zeros((1000000, 1000000), device=x0.device)"}
HUGE = {
    "parameters": (
        document(("a", "conv2d", conv(10**6), ["x"]), ("b", "conv2d", conv(10**6), ["a"])),
        "the network has 9,000,027,000,000 parameters, at most 2,000,000,000 are allowed",
    ),
    "output": (
        document(("a", "conv2d", conv(10**8, kernel=(1, 1)), ["x"])),
        "the network has 6,400,000,000 numbers for each sample in the output of 'a', at most",
    ),
    "padded": (
        document(("a", "conv2d", conv(1, padding=(10**5, 10**5)), ["x"])),
        "numbers for each sample in the output of 'a', at most",
    ),
    "attribute": (
        document(("a", "conv2d", conv(10**40), ["x"])),
        "node 'a': conv2d: out_channels must be at most 2,147,483,648, got 1000000",
    ),
    "window": (
        document(("a", "conv2d", conv(1, kernel=(10**10, 1)), ["x"])),
        "node 'a': conv2d: kernel must be at most 2,147,483,648, got ",
    ),
    "input": (document(FREE, shape=(1, 10**20)), "input 'x': the shape must be"),
    "image": (document(FREE, shape=(1, 3, 10**6, 10**6)), "in the output of 'a', at most"),
    "made anew": (
        document(("a", "call", FILLED, ["x"])),
        "the network has 1,000,000,000,000 numbers for each sample in the output of 'a'",
    ),
    "nodes": (
        document(FREE).replace('[{"name": "a"', "[" + "{}," * NODES + '{"name": "a"'),
        "the network has 100,001 nodes, at most 100,000 are allowed",
    ),
    "text": (" " * (CHARACTERS + 1), "characters of JSON, at most 67,108,864 are allowed"),
    "brackets": (
        document(("a", "call", {"expression": "(" * 5000}, ["x"])),
        "node 'a': call: cannot take|node 'a': too many nested parentheses|node 'a': ",
    ),
}


@pytest.mark.parametrize(("text", "message"), HUGE.values(), ids=HUGE.keys())
def test_a_small_file_that_asks_for_much_is_refused(text: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        Graph.from_json(text)


READ = """
import resource, sys
from pathlib import Path
from nas.errors import NasError
from nas.graph.graph import Graph
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for file in map(Path, sys.argv[1:]):
    try:
        Graph.from_json(file.read_text())
    except NasError:
        print(file.name)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_refusing_takes_no_memory(tmp_path: Path) -> None:
    names = ("parameters", "output", "image", "padded", "made anew")
    for name in names:
        (tmp_path / name).write_text(HUGE[name][0])
    files = [str(tmp_path / name) for name in names]
    ran = subprocess.run(
        [sys.executable, "-c", READ, *files], capture_output=True, text=True, check=True
    )
    *refused, kilobytes = ran.stdout.splitlines()
    assert refused == list(names)
    assert int(kilobytes) < 50_000


def test_a_builder_stops_at_the_most_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.graph.builder.NODES", 3)
    b = GraphBuilder()
    x = b.input((1, 3))
    for _ in range(3):
        x = b.relu(x)
    with pytest.raises(GraphError, match="the network has 4 nodes, at most 3 are allowed"):
        b.relu(x)


def test_large_networks_of_the_literature_are_taken() -> None:
    b = GraphBuilder()
    x = b.linear(b.input((1, 257, 1408)), 6144)  # ViT-g has 40 such blocks, 1e9 parameters
    for _ in range(40):
        x = b.linear(b.linear(x, 1408), 6144)
    check_size(b.build(b.linear(x, 1000)))
