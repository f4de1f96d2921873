"""``nas doctor``."""

from __future__ import annotations

import click

from cli import options

_PACKAGES = ("torch", "optuna", "torch-geometric", "networkx", "numpy", "scipy", "scikit-learn")


@click.command("doctor")
@options.device
@options.common
def command(device: str, as_json: bool, quiet: bool) -> None:
    """Versions, devices, and one real step: predict the weights of a network and score it."""
    import platform
    from importlib.metadata import version
    from time import perf_counter

    import torch

    import search_spaces
    from cli.output import emit_json, pairs
    from cli.setup import cores, use_device
    from hypernets.suited import suited
    from nas.data.catalog import load
    from nas.errors import NasError
    from nas.evaluate.scorer import Failure, Scorer
    from nas.seeding import rng
    from nas.space.candidate import sample

    torch_device, _ = use_device(device)
    data = load("digits")
    space = search_spaces.get("nasnet", data.task)
    hypernet = suited(space, data, device=torch_device)
    scorer = Scorer(hypernet, data, device=torch_device)
    candidates = [sample(space, rng(0, "doctor", number)) for number in range(2)]
    scorer(candidates[:1])
    start = perf_counter()
    (estimate,) = scorer(candidates[1:])
    seconds = perf_counter() - start
    facts = {
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
        "cores": cores(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "device": str(torch_device),
        "hypernetwork": hypernet.card.name,
        "step_seconds": round(seconds, 4),
        "step_accuracy": None if isinstance(estimate, Failure) else estimate.accuracy,
    }
    if as_json:
        emit_json(facts)
    else:
        pairs({**facts, "cuda": facts["cuda"] or "none"})
    if isinstance(estimate, Failure):
        raise NasError(
            f"the step failed: {estimate.reason}",
            hint="Try --device cpu; if that fails too, install the versions of constraints.txt.",
        )
    if not as_json:
        click.echo("all is well")
