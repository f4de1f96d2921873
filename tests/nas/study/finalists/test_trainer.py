from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from nas.data.digits import load
from nas.errors import TrainingError
from nas.events import ignore
from nas.space.candidate import candidate
from nas.study.finalists.trainer import Trainer
from nas.training.config import TrainConfig
from nas.training.evaluate import evaluate
from nas.training.starts.default import DEFAULT
from nas.training.starts.predicted import PREDICTED
from nas.training.train import train
from tests.nas.study.study_toys import ToyPredictor, ToySpace, toy_space

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from nas.graph.graph import Graph
    from nas.space.search_space import Params

DATA = load()
SPACE = toy_space()
ONE = candidate(SPACE, {"label": "a", "depth": 1, "width0": 4, "kernel0": 3})


class BrokenPredictor(ToyPredictor):
    """Predicts what no training can start from."""

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        return [{n: t * float("nan") for n, t in p.items()} for p in super().predict(graphs)]


def trainer(predictor: ToyPredictor | None = None, **settings: Any) -> Trainer:
    predictor, training = predictor or ToyPredictor(SPACE), TrainConfig()
    return Trainer(predictor, DATA, training, torch.device("cpu"), **settings)


def test_training_starts_from_predicted_weights() -> None:
    one, other = (
        trainer(seed=seed).train(ONE, 1, PREDICTED, checkpoint=None, listen=ignore)
        for seed in (0, 0)
    )
    assert one.history == other.history
    with pytest.raises(TrainingError, match="nan"):
        trainer(BrokenPredictor(SPACE)).train(ONE, 1, PREDICTED, checkpoint=None, listen=ignore)


@pytest.mark.parametrize("predictor", [ToyPredictor(SPACE), BrokenPredictor(SPACE)])
def test_training_from_default_weights_asks_for_no_prediction(predictor: ToyPredictor) -> None:
    trained = trainer(predictor).train(ONE, 1, DEFAULT, checkpoint=None, listen=ignore)
    expected = train(ONE.network, DATA, TrainConfig(epochs=1), seed=0)
    assert trained.history == expected.history


def test_predicted_weights_suit_the_space_of_the_hypernetwork_alone() -> None:
    assert trainer().starts(SPACE) == (DEFAULT, PREDICTED)
    elsewhere = ToyPredictor(SPACE)
    elsewhere.card = replace(elsewhere.card, space="darts")
    assert trainer(elsewhere).starts(SPACE) == (DEFAULT,)


class SettledSpace(ToySpace):
    """Its networks say how they are trained."""

    def training_overrides(self, params: Params) -> dict[str, Any]:
        return {"lr": 1e-12}


def test_a_candidate_may_say_how_it_is_trained() -> None:
    one = candidate(SettledSpace(task=SPACE.task), ONE.params)
    history = trainer().train(one, 2, DEFAULT, checkpoint=None, listen=ignore).history
    assert history[0].val_accuracy == history[1].val_accuracy


def test_the_seed_fixes_the_training() -> None:
    histories = [
        trainer(seed=seed).train(ONE, 1, PREDICTED, checkpoint=None, listen=ignore).history
        for seed in (0, 1)
    ]
    assert histories[0] != histories[1]


def test_an_interrupted_training_ends_with_the_same_weights(tmp_path: Path) -> None:
    def interrupt(event: object) -> None:
        if checkpoint.exists():
            raise KeyboardInterrupt

    checkpoint = tmp_path / "state.safetensors"
    with pytest.raises(KeyboardInterrupt):
        trainer().train(ONE, 3, PREDICTED, checkpoint=checkpoint, listen=interrupt)
    rest = trainer().train(ONE, 3, PREDICTED, checkpoint=checkpoint, listen=ignore)
    whole = trainer().train(ONE, 3, PREDICTED, checkpoint=None, listen=ignore)
    assert rest.history == whole.history
    for name, tensor in whole.module.state_dict().items():
        torch.testing.assert_close(rest.module.state_dict()[name], tensor, rtol=0, atol=0)


def test_accuracy_is_that_of_the_test_split() -> None:
    trained = trainer().train(ONE, 1, PREDICTED, checkpoint=None, listen=ignore)
    assert trainer().test_accuracy(trained.module) == evaluate(trained.module, DATA.test).accuracy
    assert trained.val_accuracy == evaluate(trained.module, DATA.val).accuracy


class GraphKeepingPredictor(ToyPredictor):
    """Predicts with parameters of its own, as a hypernetwork does."""

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        scale = torch.ones((), requires_grad=True)
        self.kept = [{n: scale * t for n, t in p.items()} for p in super().predict(graphs)]
        return self.kept


def test_the_prediction_leaves_no_autograd_graph_behind() -> None:
    predictor = GraphKeepingPredictor(SPACE)
    trainer(predictor).train(ONE, 1, PREDICTED, checkpoint=None, listen=ignore)
    assert not any(t.requires_grad for params in predictor.kept for t in params.values())


def test_a_further_split_is_drawn_anew() -> None:
    first, other, again = (
        trainer().train(ONE, 1, DEFAULT, split=split, checkpoint=None, listen=ignore)
        for split in (0, 1, 1)
    )
    assert other.history == again.history != first.history
    expected = train(ONE.network, DATA.resplit(1), TrainConfig(epochs=1), seed=0)
    assert other.history == expected.history


def test_a_training_from_fitted_weights_goes_on_without_fitting_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state.safetensors"
    first = trainer().train(ONE, 1, "fitted", checkpoint=state, listen=ignore)
    monkeypatch.setattr("nas.study.finalists.trainer.initial_weights", None)
    again = trainer().train(ONE, 1, "fitted", checkpoint=state, listen=ignore)
    assert again.history == first.history
