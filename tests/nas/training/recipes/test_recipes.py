from __future__ import annotations

import pytest

from nas.errors import UnknownNameError
from nas.task.kind import KINDS
from nas.training.config import TrainConfig, default_training
from nas.training.recipes import AUTO, PLAIN, RECIPES, recipe_for, recipe_name
from nas.training.recipes.table import FEW_IMAGES
from tests.nas.data.graphs import communities
from tests.nas.training.train_toys import toy_data


@pytest.mark.parametrize("name", RECIPES.names())
def test_a_recipe_is_a_training_of_each_kind_it_is_chosen_for(name: str) -> None:
    recipe = RECIPES.get(name)
    for kind in map(KINDS.get, recipe.kinds):
        config = TrainConfig(**{**kind.training, **recipe.settings})
        config.check_suits(kind)


def test_the_plain_one_is_the_usual_training_of_the_task() -> None:
    for data in (toy_data(), communities()):
        assert recipe_for(PLAIN, data).training(data) == default_training(data.task)


def test_auto_takes_the_recipe_for_the_most_samples_that_there_are() -> None:
    data = toy_data()
    kind, size = data.task.kind, len(data.train)
    least = {name: RECIPES.get(name).least for name in RECIPES if kind in RECIPES.get(name).kinds}
    reached = {name: value for name, value in least.items() if value <= size}
    assert recipe_name(AUTO, data) == max(reached, key=reached.__getitem__, default=PLAIN)


@pytest.mark.parametrize(
    ("count", "name"),
    [(33, PLAIN), (63, PLAIN), (64, FEW_IMAGES), (999, FEW_IMAGES), (1000, PLAIN)],
)
def test_no_recipe_leaves_out_half_of_few_images(count: int, name: str) -> None:
    data = toy_data(images=3 * count)
    assert recipe_name(AUTO, data) == name
    size = recipe_for(AUTO, data).training(data).batch_size
    assert sum(len(batch.labels) for batch in data.train.batches(size, drop_last=True)) > count / 2


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"recipe 'plane'\. Did you mean 'plain'"):
        recipe_name("plane", toy_data())
