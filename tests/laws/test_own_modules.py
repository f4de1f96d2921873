"""The network of a custom space is the user's module, whatever a graph leaves out of it."""

from __future__ import annotations

import runpy
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file

from nas.compile.apply import apply
from nas.compile.module import to_module
from nas.data.digits import load
from nas.events import Advanced
from nas.exporting.files import Files
from nas.exporting.final_training import train_and_save
from nas.exporting.save import load_module, save
from nas.modules.classifier import first_tensor
from nas.seeding import derive, seeded
from nas.space.own_space import own_space
from nas.training.config import TrainConfig
from nas.training.train import train
from tests.laws.own_networks import NETWORKS, Frozen
from tests.nas.study.study_toys import toy_search

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from nas.modules.own_module import OwnModule
    from nas.space.search_space import SearchSpace

DATA = load()
SHORT = TrainConfig(epochs=2, batch_size=512, lr=0.05)
STILL = replace(SHORT, epochs=1, lr=1e-12, weight_decay=0.0)
"""Leaves parameters where they start."""


@pytest.fixture(params=NETWORKS, ids=lambda network: network.__name__.lower())
def network(request: pytest.FixtureRequest) -> type[nn.Module]:
    kind: type[nn.Module] = request.param
    return kind


def space_of(network: type[nn.Module]) -> SearchSpace:
    return own_space(lambda trial, data: network(), DATA.task, name="mine")


def own(network: type[nn.Module]) -> OwnModule:
    found = space_of(network).module({}, 3)
    assert found is not None
    return found


def fresh(network: type[nn.Module]) -> nn.Module:
    """The module as its user makes it under the seed of the training."""
    with seeded(derive(3, "weights")):
        return network()


@torch.no_grad()
def scores(module: nn.Module, passes: int = 1) -> Tensor:
    """Outputs for a few digits: (passes, B, classes)."""
    (images,) = DATA.val.spread(4).whole().inputs
    with seeded(0):
        return torch.stack([first_tensor(module(images)) for _ in range(passes)])


def test_training_starts_at_the_values_of_the_module(network: type[nn.Module]) -> None:
    trained = train(space_of(network).graph({}), DATA, STILL, own=own(network), seed=3).module
    expected = dict(fresh(network).named_parameters())
    found = dict(trained.named_parameters())

    assert found.keys() == expected.keys()
    for name, parameter in expected.items():
        torch.testing.assert_close(found[name], parameter, atol=1e-6, rtol=0)
        assert found[name].requires_grad == parameter.requires_grad
        assert found[name].is_contiguous()


def test_the_module_itself_is_trained_and_written_under_its_names(
    network: type[nn.Module], tmp_path: Path
) -> None:
    graph, mine = space_of(network).graph({}), own(network)
    train_and_save(graph, DATA, tmp_path, SHORT, own=mine, seed=3)
    files = Files(tmp_path)
    again = network().eval()
    again.load_state_dict(load_file(files.weights))
    written = runpy.run_path(str(files.source))["load"]()

    assert mine.module.state_dict().keys() == network().state_dict().keys()
    torch.testing.assert_close(scores(again), scores(mine.module.eval()))
    torch.testing.assert_close(scores(written), scores(again), atol=1e-5, rtol=1e-5)


def test_outputs_in_training_are_distributed_as_those_of_the_module(
    network: type[nn.Module],
) -> None:
    graph = space_of(network).graph({})
    trained = train(graph, DATA, SHORT, own=own(network), seed=3).module
    alike = fresh(network)
    alike.load_state_dict(trained.state_dict())
    drawn, expected = scores(trained.train(), 200), scores(alike.train(), 200)

    assert expected.std(0).max() > 0
    torch.testing.assert_close(drawn.mean(0), expected.mean(0))
    torch.testing.assert_close(drawn.std(0), expected.std(0))


def test_the_graph_computes_the_same_as_the_module(network: type[nn.Module]) -> None:
    mine = own(network)
    state, graph = mine.module.state_dict(), space_of(network).graph({})
    (images,) = DATA.val.spread(4).whole().inputs
    params = {name: state[own] for name, own in mine.names.items()}
    torch.testing.assert_close(apply(graph, params, images)[None], scores(mine.module.eval()))


def test_an_interrupted_training_of_a_module_goes_on(
    network: type[nn.Module], tmp_path: Path
) -> None:
    graph = space_of(network).graph({})

    def interrupt(event: object) -> None:
        if isinstance(event, Advanced) and event.done == 1:
            raise KeyboardInterrupt

    whole = train(graph, DATA, SHORT, own=own(network), seed=3)
    path = tmp_path / "state"
    with pytest.raises(KeyboardInterrupt):
        train(
            graph,
            DATA,
            SHORT,
            own=own(network),
            seed=3,
            checkpoint=path,
            listen=interrupt,
        )
    rest = train(graph, DATA, SHORT, own=own(network), seed=3, checkpoint=path)
    for mine, theirs in zip(
        rest.module.state_dict().values(), whole.module.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, theirs)


def test_predicted_weights_are_for_what_is_learnt() -> None:
    graph, mine = space_of(Frozen).graph({}), own(Frozen)
    params = {name: torch.full(spec.shape, 0.25) for name, spec in graph.parameters().items()}
    trained = train(graph, DATA, STILL, params=params, own=mine, seed=3).module

    assert isinstance(trained, Frozen)
    assert torch.equal(trained.table, Frozen().table)
    for name in ("scale", "mix.weight", "head.bias"):
        parameter = trained.get_parameter(name)
        torch.testing.assert_close(parameter, torch.full_like(parameter, 0.25))


def test_a_search_hands_over_the_module_of_its_user(tmp_path: Path) -> None:
    space = space_of(Frozen)
    first = toy_search(tmp_path, space=space, n_trials=1, finalists=1)
    again = toy_search(tmp_path, space=space, n_trials=1, finalists=1)

    for result in (first, again):
        assert isinstance(result.best_model, Frozen)
        assert torch.equal(result.best_model.table, Frozen().table)
    Frozen().load_state_dict(load_file(Files(tmp_path / "best").weights))


def test_weights_that_were_written_under_the_names_of_the_graph_are_still_read(
    tmp_path: Path,
) -> None:
    graph = space_of(Frozen).graph({})
    before = to_module(graph).eval()
    save(graph, before, tmp_path)
    found = load_module(graph, tmp_path, own=own(Frozen))
    torch.testing.assert_close(scores(found), scores(before))


def test_the_space_of_a_function_that_returns_graphs_has_no_modules() -> None:
    graph = space_of(Frozen).graph({})
    assert own_space(lambda trial, data: graph, DATA.task, name="mine").module({}, 0) is None
