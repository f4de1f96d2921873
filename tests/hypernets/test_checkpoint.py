from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from hypernets.cards import CARD, VOCABULARY_VERSION, WEIGHTS, save_card, shipped
from hypernets.checkpoint import load, read_card, save
from hypernets.families import HYPERNETS
from nas.errors import CheckpointError, NasError, UnknownNameError, VocabularyError
from nas.files import digest
from nas.graph.ops.activation import PReLU
from tests.hypernets.hypernet_toys import chain, every_role, make_hypernet, samples, tiny_space

REFERENCE = {
    "brier": [0.5, 0.1],
    "naswot": [300.0, 20.0],
    "macs": [1e6, 2e5],
    "mean_path": [9.0, 2.0],
    "shortest_path": [7.0, 1.0],
}


@pytest.fixture
def directory(tmp_path):
    save(make_hypernet(), tmp_path / "toy")
    return tmp_path / "toy"


@pytest.mark.parametrize("name", HYPERNETS.names())
def test_a_loaded_hypernetwork_predicts_the_same(tmp_path, name):
    model, graphs = make_hypernet(name), [every_role(), *samples(tiny_space(), 2)]
    save(model, tmp_path)
    loaded = load(tmp_path)
    assert loaded.config == model.config
    assert not loaded.training
    with torch.no_grad():
        pairs = zip(model.predict(graphs), loaded.predict(graphs), strict=True)
    for expected, found in pairs:
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[key], found[key]) for key in expected)


def test_the_card_comes_back(tmp_path):
    card = {"proxy": {"channels": 8, "resolution": 6}, "training": {"command": "nas x", "seed": 3}}
    model = make_hypernet(card={**card, "measured": {"kendall tau": 0.5}, "reference": REFERENCE})
    save(model, tmp_path)
    assert load(tmp_path).card == model.card == read_card(tmp_path)


def test_a_card_can_be_written_alone(directory):
    weights = (directory / WEIGHTS).stat()
    card = replace(read_card(directory), reference=REFERENCE, measured={"kendall tau": 0.5})
    save_card(card, directory)
    assert load(directory).card == card
    assert (directory / WEIGHTS).stat().st_mtime_ns == weights.st_mtime_ns


@pytest.mark.parametrize("entry", ["macs", [1.0], [1.0, 0.0], [1.0, None]])
def test_a_reference_that_is_none_makes_it_no_card(directory, entry):
    card = json.loads((directory / CARD).read_text())
    broken = {**card, "reference": {**REFERENCE, "macs": entry}}
    (directory / CARD).write_text(json.dumps(broken))
    with pytest.raises(CheckpointError, match=r"is not a card: .* the spread of macs") as caught:
        load(directory)
    assert "nas train-hypernet" in caught.value.hint


def test_a_saved_card_holds_the_digest_of_the_weights(directory):
    card = read_card(directory)
    assert (
        card.digest
        == digest(load_file(directory / WEIGHTS))
        == digest(load(directory).state_dict())
    )


@pytest.mark.parametrize("name", shipped())
def test_shipped_weights_are_those_of_their_card(name):
    directory = shipped().get(name)
    assert read_card(directory).digest == digest(load_file(directory / WEIGHTS))


def test_weights_from_before_there_was_a_digest_are_taken(directory):
    state = load_file(directory / WEIGHTS)
    save_file(state, directory / WEIGHTS)
    edit(digest="")(directory)
    assert digest(load(directory).state_dict()) == digest(state)


HUGE = """
import resource, sys
from pathlib import Path
from hypernets.checkpoint import load
from nas.errors import NasError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load(Path(sys.argv[1]))
except NasError as error:
    print(error.message)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_a_card_that_asks_for_much_memory_takes_none(tmp_path):
    save(make_hypernet(), tmp_path)
    edit(config={"hidden": 12_000, "max_channels": 4096})(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", HUGE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    message, kilobytes = ran.stdout.splitlines()
    assert "of another model" in message
    assert "size mismatch" in message
    assert int(kilobytes) < 50_000


def test_a_card_from_before_references_were_measured_is_one(directory):
    card = json.loads((directory / CARD).read_text())
    del card["reference"]
    (directory / CARD).write_text(json.dumps(card))
    assert load(directory).card.reference == {}


def test_the_card_is_json_for_people(directory):
    text = (directory / CARD).read_text()
    card = json.loads(text)
    assert card["config"]["hidden"] == 8
    assert (card["name"], card["hypernet"], card["dataset"]) == ("toy", "ghn2", "digits")
    assert card["vocabulary"] == VOCABULARY_VERSION
    assert len(text.splitlines()) > 10


def test_saving_replaces_and_leaves_nothing_else(directory):
    save(make_hypernet(seed=1), directory)
    assert sorted(path.name for path in directory.iterdir()) == [CARD, WEIGHTS]
    fresh, found = make_hypernet(seed=1).state_dict(), load(directory).state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in fresh.items())


def remove(name):
    return lambda directory: (directory / name).unlink()


def write(name, content):
    data = content if isinstance(content, bytes) else content.encode()
    return lambda directory: (directory / name).write_bytes(data)


def truncate(size):
    def change(directory):
        path = directory / WEIGHTS
        path.write_bytes(path.read_bytes()[:size])

    return change


def edit(**changes):
    def change(directory):
        path = directory / CARD
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return change


def folder(name):
    def change(directory):
        (directory / name).unlink()
        (directory / name).mkdir()

    return change


def flip(place):
    def change(directory):
        content = bytearray((directory / WEIGHTS).read_bytes())
        content[place] ^= 1
        (directory / WEIGHTS).write_bytes(content)

    return change


def exchange(directory):
    """Put the weights of a hypernetwork in whose card is the same."""
    card = (directory / CARD).read_bytes()
    other = make_hypernet()
    with torch.no_grad():
        next(other.parameters()).add_(1)
    save(other, directory)
    (directory / CARD).write_bytes(card)


BROKEN = {
    "no card": (remove(CARD), "expected a hypernetwork directory with card.json"),
    "no weights": (remove(WEIGHTS), "no model.safetensors"),
    "weights cut short": (truncate(1000), "model.safetensors.*corrupt"),
    "weights cut in the header": (truncate(5), "model.safetensors.*corrupt"),
    "no bytes": (truncate(0), "model.safetensors.*corrupt"),
    "weights of pickle": (write(WEIGHTS, pickle.dumps({"a": 1})), "model.safetensors.*corrupt"),
    "cut card": (write(CARD, '{"name": "to'), "card.json' is not a card"),
    "card of no text": (write(CARD, b"\xff\xfe\x00"), "card.json' is not a card"),
    "card of a list": (write(CARD, "[1, 2]"), "card.json' is not a card"),
    "card of a number": (write(CARD, "7"), "card.json' is not a card"),
    "missing key": (write(CARD, '{"name": "toy"}'), "is not a card: HypernetCard needs the key"),
    "unknown key": (edit(datset="x"), "no key 'datset'. Did you mean 'dataset'"),
    "unknown size": (edit(config={"hiden": 8}), "cannot read: .*Did you mean 'hidden'"),
    "size of text": (edit(config={"hidden": "8"}), "cannot read"),
    "no sizes": (edit(config=3), "not a card: HypernetCard: config must be Mapping"),
    "no proxy": (edit(proxy=None), "not a card: HypernetCard: proxy must be Mapping"),
    "proxy of text": (edit(proxy={"resolution": "8"}), "resolution of the proxy is '8'"),
    "channels of text": (edit(channels="1"), "not a card: HypernetCard: channels must be int"),
    "version of text": (edit(vocabulary="1"), "not a card: HypernetCard: vocabulary must be int"),
    "other size": (edit(config={"hidden": 16}), "of another model"),
    "no layers": (edit(config={"hidden": 8, "layers": 10**9}), "too few for 1000000000 layers"),
    "size beyond torch": (edit(config={"hidden": 10**30}), "hidden must be at most"),
    "negative size": (edit(config={"hidden": -8}), "hidden must be at least 1"),
    "nested card": (write(CARD, "[" * 100_000), "is not a card: its brackets are nested"),
    "long number": (write(CARD, '{"a": ' + "9" * 5000 + "}"), "is not a card: one of its numbers"),
    "huge proxy": (edit(proxy={"resolution": 10**6}), "resolution of the proxy is 1000000"),
    "no number in a reference": (edit(reference={"brier": [10**400, 1]}), "is not a card"),
    "card of a folder": (folder(CARD), "is not a card: Is a directory"),
    "weights of a folder": (folder(WEIGHTS), "model.safetensors.*corrupt"),
    "other weights": (exchange, "they are not those of the card"),
    "flipped bit": (flip(-20), "model.safetensors.*corrupt.*match their digest"),
}


@pytest.mark.parametrize(("change", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_one_error_with_a_hint(directory, change, message):
    change(directory)
    with pytest.raises(CheckpointError, match=message) as caught:
        load(directory)
    assert str(directory) in caught.value.message
    assert caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", [VOCABULARY_VERSION + 1, 0, -1])
def test_a_vocabulary_that_is_not_known(directory, version):
    edit(vocabulary=version)(directory)
    with pytest.raises(
        VocabularyError,
        match=f"'toy'.*version {version}; this .*versions 1 to {VOCABULARY_VERSION}",
    ) as error:
        load(directory)
    assert "train-hypernet" in error.value.hint
    assert "update" in error.value.hint


def first_vocabulary(directory):
    """Make a checkpoint one of vocabulary 1, which had 14 kinds and 17 passed ones."""
    state = load_file(directory / WEIGHTS)
    state["embedding.kind.weight"] = state["embedding.kind.weight"][:14].contiguous()
    state["embedding.passed.weight"] = state["embedding.passed.weight"][:, :17].contiguous()
    save_file(state, directory / WEIGHTS)
    edit(vocabulary=1, digest="")(directory)


def test_one_of_an_earlier_vocabulary_predicts_as_it_did(directory):
    model, graphs = make_hypernet(), [every_role(), *samples(tiny_space(), 2)]
    first_vocabulary(directory)
    loaded = load(directory)
    assert loaded.card.vocabulary == 1
    with torch.no_grad():
        pairs = zip(model.predict(graphs), loaded.predict(graphs), strict=True)
    assert all(torch.equal(old[key], new[key]) for old, new in pairs for key in old)


def test_one_of_an_earlier_vocabulary_predicts_what_it_never_saw(directory):
    first_vocabulary(directory)
    graph = chain(lambda b, x: b.op(PReLU(), x), lambda b, x: b.activation(x, "celu"))
    with torch.no_grad():
        (params,) = load(directory).predict([graph])
    assert {name: tensor.shape for name, tensor in params.items()} == {
        name: spec.shape for name, spec in graph.parameters().items()
    }
    assert all(tensor.isfinite().all() for tensor in params.values())


def test_one_of_an_earlier_vocabulary_is_written_in_full(directory, tmp_path):
    first_vocabulary(directory)
    old = load(directory)
    save(old, tmp_path / "new")
    new = load(tmp_path / "new")
    state = new.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in old.state_dict().items())


SUMS = {
    "nasnet-digits": (156.447, 1.9816, 4.9019, 103.357, 399.3144, 63.3559, 2.2575, 11.8077),
    "nb201-cifar10": (96.1984, 2.1568, 4.24, 65.0867, 233.0839, 58.4247, 1.4421, 10.9285),
}
"""Sums of magnitudes of predictions and of the embedding, measured with vocabulary 1."""


@pytest.mark.parametrize("name", SUMS)
def test_shipped_ones_predict_as_they_did_when_they_were_trained(name):
    names = ("stem.weight", "stem.bias", "group_norm.weight", "depthwise.weight", "linear.weight")
    with torch.no_grad():
        model, graph = load(name), every_role()
        (params,) = model.predict([graph])
        tensors = [params[key] for key in (*names, "classifier.weight", "classifier.bias")]
        sums = [float(x.double().abs().sum()) for x in (*tensors, model.embed([graph]))]
    assert sums == pytest.approx(SUMS[name], rel=1e-3)


@pytest.mark.parametrize("path", ["nowhere/toy", "toy/card.json", "toy/card.json/deeper"])
def test_paths_that_are_no_checkpoint(directory, path):
    with pytest.raises(CheckpointError, match="expected a hypernetwork directory") as caught:
        load(directory.parent / path)
    assert caught.value.hint


def test_unknown_names_are_looked_up_among_the_shipped_ones():
    with pytest.raises(UnknownNameError, match="unknown shipped hypernetwork 'no-such-net'"):
        load("no-such-net")


def test_a_directory_of_the_working_directory_by_its_bare_name(directory, monkeypatch):
    monkeypatch.chdir(directory.parent)
    assert load("toy").card.name == "toy"


def test_pickle_is_never_read(directory, monkeypatch):
    class Trap:
        def __reduce__(self):
            return (exec, ("raise SystemExit('a pickle was run')",))

    for name in (WEIGHTS, CARD):
        save(make_hypernet(), directory)
        write(name, pickle.dumps(Trap()))(directory)
        with pytest.raises(NasError):
            load(directory)


def test_shipped_ones_load_under_their_own_name(tmp_path, monkeypatch):
    model = make_hypernet()
    model.card = replace(model.card, name="small")
    save(model, tmp_path / "pretrained" / "small")
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    assert shipped().names() == ["small"]
    assert load("small").card == model.card
    with pytest.raises(UnknownNameError, match="Did you mean 'small'"):
        load("smal")


def test_the_shipped_ones_take_40_megabytes_at_most():
    assert set(shipped().names()) >= {"nasnet-digits", "nb201-cifar10"}
    files = [file for name in shipped() for file in shipped().get(name).iterdir()]
    assert sum(file.stat().st_size for file in files) <= 40e6


@pytest.mark.parametrize("name", shipped().names())
def test_the_package_can_load_what_it_ships(name):
    assert load(name).card.name == name


def test_the_weights_in_a_directory_mean_the_directory(directory):
    assert load(directory / WEIGHTS).card == load(directory).card


def test_weights_beside_no_card_are_refused(tmp_path):
    (tmp_path / "w.safetensors").touch()
    with pytest.raises(CheckpointError, match="expected a hypernetwork directory"):
        load(tmp_path / "w.safetensors")


def test_both_files_have_the_same_permissions(directory):
    modes = {path.name: path.stat().st_mode for path in directory.iterdir()}
    assert modes[WEIGHTS] == modes[CARD]


def test_half_the_bits_are_half_the_size_and_nearly_the_same(tmp_path):
    model = make_hypernet()
    save(model, tmp_path / "full")
    save(model, tmp_path / "half", half=True)
    full, half = (tmp_path / name / WEIGHTS for name in ("full", "half"))
    assert half.stat().st_size < 0.6 * full.stat().st_size
    for name, tensor in load(tmp_path / "half").state_dict().items():
        assert tensor.dtype is torch.float32
        torch.testing.assert_close(tensor, model.state_dict()[name], rtol=1e-3, atol=1e-6)
