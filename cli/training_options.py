"""Options of one training: the settings of its configuration and of what surrounds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli import options

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NUMBER, _SHARE = click.FLOAT, "SHARE"
_SETTINGS: tuple[tuple[str, click.ParamType[Any] | None, str | None, str], ...] = (
    ("batch-size", click.INT, "N", "Images in a step; a graph is always taken as a whole."),
    ("optimiser", click.Choice(("sgd", "adam", "adamw")), None, "Optimiser; sgd has momentum."),
    ("lr", _NUMBER, "RATE", "Peak learning rate."),
    ("momentum", _NUMBER, _SHARE, "Momentum of sgd."),
    ("weight-decay", _NUMBER, "DECAY", "Weight decay."),
    ("decay-norms", None, None, "Whether weight decay acts on norms and biases too."),
    ("warmup", _NUMBER, _SHARE, "Share of the steps in which the rate rises."),
    ("schedule", click.Choice(("cosine", "constant")), None, "Rate after the warm-up."),
    ("label-smoothing", _NUMBER, _SHARE, "Share of the target spread over all classes."),
    ("clip", _NUMBER, "NORM", "Largest norm of the gradient."),
    ("ema", _NUMBER, "DECAY", "Keep a moving average of the weights, such as 0.99; 0 for none."),
    ("balanced", None, None, "Whether all classes have the same weight in the loss."),
    ("mixup", _NUMBER, _SHARE, "Share of the batches of blended images (needs kornia)."),
    ("cutmix", _NUMBER, _SHARE, "Share of the batches of patched images (needs kornia)."),
    ("randaugment", click.INT, "N", "Magnitude of RandAugment, 1 to 29; 0 for none (kornia)."),
    ("drop-path", _NUMBER, "RATE", "Rate at which residual branches are left out, rising to it."),
    ("keep", click.Choice(("last", "best")), None, "Epoch whose weights are kept."),
    (
        "patience",
        click.INT,
        "EPOCHS",
        "Epochs without a lower loss after which to stop; 0: never.",
    ),
    ("temperature", _NUMBER, "T", "Temperature of the distillation from --teacher."),
    ("teacher-share", _NUMBER, _SHARE, "Share of the distillation in the loss."),
    ("precision", click.Choice(("auto", "fp32", "bf16")), None, "auto is bf16 on CUDA."),
)
"""Name, type (None for a switch), word for the value, and help."""


def training(function: Callable[..., Any]) -> Callable[..., Any]:
    """The settings of a training, None where not given; and recipe, teacher, repeats, log."""
    for name, kind, value, text in reversed(_SETTINGS):
        flag = f"--{name}" if kind is not None else f"--{name}/--no-{name}"
        function = click.option(flag, type=kind, metavar=value, default=None, help=text)(function)
    for option in (
        click.option(
            "--log",
            type=click.Choice(("csv", "tensorboard")),
            help="Also write the figures of every epoch to the folder.",
        ),
        click.option(
            "--repeats",
            type=click.IntRange(1),
            default=1,
            show_default=True,
            help="Number of seeds; the best on the ranking split is kept.",
        ),
        click.option(
            "--teacher-weights",
            metavar="FILE",
            type=options.Place(),
            help="Weights of the teacher (default: those in its folder, or its own).",
        ),
        click.option(
            "--teacher",
            metavar="RUN|MODEL.py:NAME",
            type=options.Name(),
            help="A trained network whose outputs this one learns too.",
        ),
        options.recipe,
    ):
        function = option(function)
    return function
