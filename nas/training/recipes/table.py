"""The recipes; ``benchmarks/recipes`` measures what their settings gain."""

from __future__ import annotations

from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.nodes import NODE_CLASSIFICATION
from nas.training.recipes.recipe import RECIPES, Recipe

PLAIN = "plain"
FEW_IMAGES = "few-images"
NODES = "nodes"
LONG = "long"

RECIPES.register(FEW_IMAGES)(
    Recipe(
        settings={"batch_size": 32},
        kinds=(IMAGE_CLASSIFICATION,),
        # below, an epoch is one step, which would leave out images beyond the batch
        least=64,
    )
)
RECIPES.register(PLAIN)(
    Recipe(
        settings={},
        kinds=(IMAGE_CLASSIFICATION,),
        least=1000,
    )
)
RECIPES.register(NODES)(
    Recipe(
        settings={"label_smoothing": 0.1},
        kinds=(NODE_CLASSIFICATION,),
    )
)
RECIPES.register(LONG)(
    Recipe(
        # as torchvision's references train (Vryniotis 2021): no weight decay on norms, mixup and
        # cutmix, random augmentation, an average of the weights
        settings={
            "epochs": 200,
            "batch_size": 128,
            "weight_decay": 5e-4,
            "decay_norms": False,
            "mixup": 0.5,
            "cutmix": 0.5,
            "randaugment": 9,
            "ema": 0.9998,
        },
    )
)
