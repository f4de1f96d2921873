"""The choice of a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.training.recipes.recipe import RECIPES
from nas.training.recipes.table import PLAIN

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.training.recipes.recipe import Recipe

AUTO = "auto"
"""The name that leaves the choice to the data."""


def recipe_name(name: str, data: Dataset) -> str:
    """The name of a recipe; ``auto`` means the one for the kind of task and the size of its data.

    Of the recipes for a kind of task it is the one for the most training samples that the data
    reach; ``plain`` if there is none.

    Raises:
        UnknownNameError: There is no such recipe.
    """
    if name != AUTO:
        RECIPES.get(name)
        return name
    kind, size = data.task.kind, len(data.train)
    fitting = [
        one
        for one in RECIPES.in_order()
        if kind in RECIPES.get(one).kinds and RECIPES.get(one).least <= size
    ]
    return max(fitting, key=lambda one: RECIPES.get(one).least, default=PLAIN)


def recipe_for(name: str, data: Dataset) -> Recipe:
    """The recipe of a name; see :func:`recipe_name`.

    Raises:
        UnknownNameError: There is no such recipe.
    """
    return RECIPES.get(recipe_name(name, data))
