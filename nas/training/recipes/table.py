"""The recipes; what each setting gains is measured in ``benchmarks/recipes``."""

from __future__ import annotations

from nas.training.recipes.recipe import RECIPES, Recipe

PLAIN = "plain"

RECIPES.register(PLAIN)(Recipe(description="the training of a search", settings={}))
