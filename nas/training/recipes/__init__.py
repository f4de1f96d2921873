"""Recipes: trainings that suit a kind of task and a size of data."""

from nas.training.recipes.choice import AUTO, recipe_for, recipe_name
from nas.training.recipes.recipe import RECIPES, Recipe
from nas.training.recipes.table import PLAIN

__all__ = ["AUTO", "PLAIN", "RECIPES", "Recipe", "recipe_for", "recipe_name"]
