"""``nas doctor``."""

from __future__ import annotations

import click

from cli import options

_PACKAGES = ("torch", "optuna", "networkx", "numpy", "scipy", "scikit-learn")


@click.command(
    "doctor",
    epilog=options.examples(
        "nas doctor",
    ),
)
@options.device
@options.common
def command(device: str, as_json: bool, quiet: bool) -> None:
    """Show versions and devices, and score one network of the default space as a test.

    Packages that your own models may need (torchvision, timm, torch-geometric) are imported.
    """
    import platform
    from importlib.metadata import version
    from time import perf_counter

    import torch

    import search_spaces
    from cli.output import emit_json, pairs
    from cli.setup import cores, use_device
    from cli.user_code.optional_packages import OPTIONAL, installed_version, problem_of
    from hypernets.suited import suited
    from nas.data.catalog import load
    from nas.errors import NasError
    from nas.evaluate.scorer import Failure, Scorer
    from nas.seeding import rng
    from nas.space.candidate import sample

    torch_device, _ = use_device(device)
    data = load(options.USUAL_DATA)
    space = search_spaces.get(options.USUAL_SPACE, data.task)
    hypernet = suited(space, data, device=torch_device)
    scorer = Scorer(hypernet, data, device=torch_device)
    candidates = [sample(space, rng(0, "doctor", number)) for number in range(2)]
    scorer(candidates[:1])
    start = perf_counter()
    (estimate,) = scorer(candidates[1:])
    seconds = perf_counter() - start
    problems = {package: found for package in OPTIONAL if (found := problem_of(package))}
    facts = {
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
        **{package: installed_version(package) for package in OPTIONAL},
        "cores": cores(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "device": str(torch_device),
        "hypernetwork": hypernet.card.name,
        "step_seconds": round(seconds, 4),
        "step_accuracy": None if isinstance(estimate, Failure) else estimate.accuracy,
    }
    if as_json:
        emit_json({**facts, "problems": {name: p._asdict() for name, p in problems.items()}})
    else:
        pairs({name: "none" if value is None else value for name, value in facts.items()})
        if problems:
            click.echo()
        for line in dict.fromkeys(line for problem in problems.values() for line in problem):
            click.echo(line)
    if isinstance(estimate, Failure):
        raise NasError(
            f"the step failed: {estimate.reason}",
            hint="Try --device cpu; if that fails too, install the versions of constraints.txt.",
        )
    if not as_json:
        broken = " and ".join(problems)
        click.echo(
            f"\nThe program works; models that need {broken} do not." if broken else "all is well"
        )
