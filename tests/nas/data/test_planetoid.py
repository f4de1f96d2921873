from __future__ import annotations

import pickle
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from torch_geometric.io.planetoid import read_planetoid_data

from nas.data import planetoid
from nas.data.catalog import load
from nas.data.node_split import NodeSplit
from nas.errors import DataError
from nas.files import write_bytes
from tests.nas.data.graphs import planetoid_files

PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "planetoid"
COUNTS = {"cora": (2708, 10556, 1433, 7, 140), "citeseer": (3327, 9104, 3703, 6, 120)}
"""Nodes, edges, features, classes, labelled nodes: Yang et al. 2016; PyG's tables."""


def check_as_geometric_reads(folder: Path, name: str) -> None:
    reference = read_planetoid_data(str(folder), name)
    data = load(name, data_dir=folder)
    scaled = reference.x / reference.x.sum(1, keepdim=True).clamp_min(1e-12)
    for split, mask in (
        (data.train, reference.train_mask),
        (data.val, reference.val_mask),
        (data.test, reference.test_mask),
    ):
        assert isinstance(split, NodeSplit)
        assert split.nodes.tolist() == mask.nonzero().flatten().tolist()
        assert torch.equal(split.labels[mask], reference.y[mask])
        torch.testing.assert_close(split.x, scaled)
        assert set(map(tuple, split.edge_index.T.tolist())) == set(
            map(tuple, reference.edge_index.T.tolist())
        )


def test_files_are_read_as_torch_geometric_reads_them(tmp_path: Path) -> None:
    check_as_geometric_reads(planetoid_files(tmp_path), "cora")


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published files are not here")
def test_the_published_networks(name: str) -> None:
    check_as_geometric_reads(PUBLISHED, name)
    data = load(name, data_dir=PUBLISHED)
    nodes, edges, features, classes, labelled = COUNTS[name]
    assert isinstance(data.train, NodeSplit)
    assert data.train.rows == nodes
    assert data.train.edge_index.shape == (2, edges)
    assert (data.task.features, data.task.classes) == (features, classes)
    assert (len(data.train), len(data.val), len(data.test)) == (labelled, 500, 1000)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("cora", {"Neural Networks": 818, "Theory": 351, "Rule Learning": 180, "Case Based": 298}),
        ("citeseer", {"Agents": 596, "DB": 701, "IR": 668, "ML": 590, "HCI": 508}),
    ],
)
@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published files are not here")
def test_classes_are_called_what_they_are(name: str, members: dict[str, int]) -> None:
    """Sizes of the classes as Sen et al. 2008 give them."""
    labels = read_planetoid_data(str(PUBLISHED), name).y
    called = load(name, data_dir=PUBLISHED).class_names
    assert called is not None
    found = dict(zip(called, labels.bincount().tolist(), strict=True))
    assert {key: found[key] for key in members} == members


def test_undescribed_nodes_stand_alone_without_features(tmp_path: Path) -> None:
    data = load("citeseer", data_dir=planetoid_files(tmp_path, "citeseer", gap=3))
    assert isinstance(data.test, NodeSplit)
    assert data.test.rows == 529
    assert not data.test.x[520:523].any()
    assert len(data.test) == 6
    assert min(data.test.nodes.tolist()) >= 523


@pytest.mark.parametrize("place", ["", "planetoid", "Cora/raw", "cora/raw", "raw"])
def test_the_usual_places_are_looked_into(tmp_path: Path, place: str) -> None:
    planetoid_files(tmp_path / place)
    assert load("cora", data_dir=tmp_path).task.features == 5


@pytest.mark.parametrize("seed", [0, 1])
def test_the_public_split_is_that_of_every_seed(tmp_path: Path, seed: int) -> None:
    folder = planetoid_files(tmp_path)
    data = load("cora", data_dir=folder, seed=seed)
    assert data.fingerprint == load("cora", data_dir=folder).fingerprint
    assert isinstance(data.train, NodeSplit)
    assert data.train.nodes.tolist() == list(range(8))


def test_missing_files_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = planetoid_files(tmp_path / "there", "pubmed")
    monkeypatch.setattr(planetoid, "URL", source.as_uri())
    fetched = load("pubmed", data_dir=tmp_path / "here")
    assert fetched.fingerprint == load("pubmed", data_dir=source).fingerprint
    monkeypatch.setattr(planetoid, "URL", "file:///nowhere")
    assert load("pubmed", data_dir=tmp_path / "here").fingerprint == fetched.fingerprint


@pytest.mark.parametrize("written", range(len(planetoid.PARTS)))
def test_a_fetch_that_is_killed_at_any_file_is_repeated(
    written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = planetoid_files(tmp_path / "there", "pubmed")
    monkeypatch.setattr(planetoid, "URL", source.as_uri())
    left = written

    def killed(path: Path, content: bytes) -> None:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        write_bytes(path, content)

    monkeypatch.setattr(planetoid, "write_bytes", killed)
    with pytest.raises(KeyboardInterrupt):
        load("pubmed", data_dir=tmp_path / "here")
    monkeypatch.setattr(planetoid, "write_bytes", write_bytes)
    fetched = load("pubmed", data_dir=tmp_path / "here")
    assert fetched.fingerprint == load("pubmed", data_dir=source).fingerprint


def test_other_files_than_the_published_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planetoid, "URL", planetoid_files(tmp_path / "there").as_uri())
    with pytest.raises(DataError, match="are not those expected"):
        load("cora", data_dir=tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_a_failed_download_names_the_option_for_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planetoid, "URL", "file:///nowhere")
    with pytest.raises(DataError, match=r"no cora in .* cannot be fetched") as caught:
        load("cora", data_dir=tmp_path)
    assert "--data-dir" in caught.value.hint


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("ran",)


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps([1])])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (planetoid_files(tmp_path) / "ind.cora.graph").write_bytes(content)
    with pytest.raises(DataError, match="cannot read cora"):
        load("cora", data_dir=tmp_path)


def test_programs_in_files_are_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (planetoid_files(tmp_path) / "ind.cora.graph").write_bytes(pickle.dumps(_Evil()))
    with pytest.raises(DataError, match="asks for"):
        load("cora", data_dir=tmp_path)
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("graph", {0: ["a"]}),
        ("graph", {0: [10**30]}),
        ("graph", {0: [0.5]}),
        ("graph", {0: [-1]}),
        ("graph", {0: [10**6]}),
        ("graph", dict.fromkeys(range(20_000), [0] * 2_000)),
        ("graph", [[0]]),
        ("x", [[1.0]]),
        ("y", np.zeros((8, 0))),
        ("ally", np.zeros((520, 0))),
        ("allx", csr_matrix((10**6, 10**6))),
        ("tx", csr_matrix(np.full((6, 5), np.nan))),
        ("ty", np.eye(6)),
        ("test.index", b"99999999999\n"),
        ("test.index", b"9" * 5_000),
        ("test.index", b"-3 -2 -1 521 522 523"),
        ("test.index", b"\xff"),
        ("test.index", b""),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, part: str, value: object) -> None:
    content = value if isinstance(value, bytes) else pickle.dumps(value, protocol=4)
    (planetoid_files(tmp_path) / f"ind.cora.{part}").write_bytes(content)
    with pytest.raises(DataError, match="cora"):
        load("cora", data_dir=tmp_path)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), part=st.sampled_from(planetoid.PARTS))
def test_damaged_files_are_read_or_refused(
    data: st.DataObject, part: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = planetoid_files(tmp_path_factory.mktemp("damaged"))
    file = folder / f"ind.cora.{part}"
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, 2 * len(content))) :]
    file.write_bytes(content)
    with suppress(DataError):
        load("cora", data_dir=folder)
