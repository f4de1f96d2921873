"""``nas latency``."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import options
from nas.errors import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nas.data.dataset import Dataset
    from nas.measure.measurement import Measurement
    from nas.measure.profile import DeviceProfile


@click.command(
    "latency",
    epilog=options.examples(
        "nas latency net.py:Net --dataset cifar10 --device cuda",
        "nas latency found.json --measure 'cat {model.onnx} | ssh pi ./bench' --device pi",
        "nas latency runs/resnet-cluttered-digits --runner onnxruntime",
        "nas latency --space nasnet --dataset digits --out cpu.json",
    ),
)
@click.argument("network", required=False)
@options.space
@options.data
@options.resolution
@click.option(
    "--runner",
    metavar="NAME",
    type=options.Name(),
    default="eager",
    show_default=True,
    help="What runs the network: eager, compile (torch.compile) or onnxruntime.",
)
@click.option(
    "--measure",
    metavar="COMMAND",
    type=options.Name(),
    help="Your own line for the shell in place of a runner. {model.onnx}, {model.pt2}, {model.py} "
    "and {model.safetensors} become paths; the last line that it prints is the time of a run, in "
    "ms without a unit.",
)
@click.option(
    "--device",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="auto, cpu, cuda or cuda:<index>; with --measure, a name for the device.",
)
@click.option("--batch", default=1, show_default=True, help="Samples in a run; on a graph, nodes.")
@click.option("--threads", default=1, show_default=True, help="Threads on the CPU.")
@click.option("--warmup", default=5, show_default=True, help="Runs before those that are timed.")
@click.option("--repeats", default=30, show_default=True, help="Fewest timed runs.")
@click.option(
    "--timeout", default=600.0, show_default=True, help="Seconds for a run of --measure."
)
@click.option(
    "--measurements",
    default=20,
    show_default=True,
    help="Networks of a run or a space to measure; all others are predicted.",
)
@options.storage_of_run
@options.seed
@click.option(
    "--out",
    type=options.Place(),
    help="File of the measurements of a run (default: latency.json in it) or a space.",
)
@options.common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    network: str | None,
    space: str,
    dataset: str,
    data_dir: Path | None,
    resolution: int | None,
    measure: str | None,
    measurements: int,
    storage: str | None,
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Measure latency, memory and energy on a device, and predict them for other networks.

    NETWORK is measured: a Python function that makes a torch.nn.Module, as `nas predict` takes it,
    an architecture file, an architecture of a run (RUN#78), or one in the notation of --space.

    Of a run folder, and without NETWORK of --space, few networks are measured and all others
    predicted. `nas best RUN --constraint "latency<=5ms"` then chooses among those of the run, and
    `nas search --latency FILE --constraint "latency<=5ms"` searches with the figures of a space.
    """
    from cli.output import emit_json, listener
    from cli.runs import read_settings, read_task
    from cli.setup import out_file
    from cli.space import find_space
    from nas.data.catalog import load
    from nas.files import there
    from nas.study.devices.run import run_profile
    from nas.study.devices.space import device_profile
    from nas.study.record.run_folder import RunFolder

    given, listen = {**settings, "command": measure or ""}, listener(quiet=quiet)
    few = {"measurements": measurements, "out": out and out_file(out), "listen": listen, **given}
    if network is not None and there(RunFolder(Path(network)).run, Path.is_file):
        run = Path(network)
        named = read_settings(run, ("space",))["space"] if options.are_defaults("space") else space
        profile = run_profile(run, find_space(named, read_task(run)), storage=storage, **few)
        _report(profile, as_json=as_json)
        return
    if storage is not None:
        raise click.UsageError("--storage is for a run; a network or a space has no study")
    if network is None and out is None:
        raise click.UsageError(
            "give a network or a run to measure; or, for networks of --space, --out FILE"
        )
    if network is not None and out is not None:
        raise click.UsageError("--out is for a run or a space, not for one network")
    if network is not None:
        space, dataset, _ = options.of_run(ctx, network, ("dataset",))
    read = partial(load, dataset, data_dir=data_dir, resolution=resolution, seed=0, listen=listen)
    if network is None:
        data = read()
        profile = device_profile(find_space(space, data.task), data, seed=seed, **few)
        _report(profile, as_json=as_json)
        return
    found = _measured(network, space, read, given)
    if as_json:
        emit_json(asdict(found))
    else:
        _show(found)


def _measured(
    network: str, space: str, read: Callable[[], Dataset], given: Mapping[str, Any]
) -> Measurement:
    """What is measured of one network; data are read only to know its inputs."""
    from cli.architecture import read_network
    from cli.user_code.module_factory import is_factory, make_module
    from nas.files import there
    from nas.study.devices.network import latency

    if there(Path(network), Path.exists):
        return latency(Path(network), **given)
    data = read()
    if is_factory(network):
        return latency(make_module(network), data, **given)
    return latency(read_network(network, space, data.task), data, **given)


def _show(found: Measurement) -> None:
    from cli.device_costs import amount
    from cli.output import pairs

    spread = "" if found.spread is None else f", quartiles {amount('latency', found.spread)} apart"
    lines = {"latency": f"{amount('latency', found.latency)}{spread}"}
    for name in ("memory", "energy"):
        value = getattr(found, name)
        if value is not None:
            lines[name] = amount(name, value)
    lines["device"] = f"{found.device}, {counted(found.threads, 'thread')}"
    lines["run by"] = f"{found.runner}, batch {found.batch}, {counted(found.runs, 'timed run')}"
    pairs(lines)


def _report(profile: DeviceProfile, *, as_json: bool) -> None:
    from cli.device_costs import amount
    from cli.output import emit_json, pairs, table

    if as_json:
        emit_json(
            {
                "device": profile.device,
                "config": asdict(profile.config),
                "error": {name: asdict(one.error) for name, one in profile.predictors.items()},
                "measured": [
                    {"hash": one.hash, **asdict(one.measurement)} for one in profile.measured
                ],
                "known": {
                    hash_: {name: asdict(cost) for name, cost in costs.items()}
                    for hash_, costs in profile.known.items()
                },
            }
        )
        return
    names = list(profile.predictors)
    table(
        ("hash", *names),
        [
            (one.hash[:8], *(amount(name, getattr(one.measurement, name)) for name in names))
            for one in profile.measured
        ],
    )
    click.echo()
    predicted = len(profile.known) - len(profile.measured)
    lines = {"device": profile.device, "measured": counted(len(profile.measured), "network")}
    if profile.known:
        lines["predicted"] = counted(max(0, predicted), "network")
    pairs({**lines, **profile.errors()})
