"""What the networks cost on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import counted
from nas.measure.profile import read_profile
from nas.report.page.parts import Section, paragraph, table

if TYPE_CHECKING:
    from nas.report.page.material import Material

_LATENCY = "latency"


def device(material: Material) -> Section | None:
    """Measured latencies beside those predicted from the other networks."""
    run = material.run
    if run.folder is None or not run.folder.latency.is_file():
        return None
    profile = read_profile(run.folder.latency)
    predictor = profile.predictors.get(_LATENCY)
    if predictor is None:
        return None
    rows = [
        (
            run.label(one.hash),
            f"{one.measurement.latency:.3g}",
            f"{predicted:.3g}",
            f"{predicted / one.measurement.latency - 1:+.0%}",
        )
        for one, predicted in zip(profile.measured, predictor.left_out, strict=True)
    ]
    others = len(profile.known) - len(profile.measured)
    return Section(
        name="device",
        title="On the device",
        lead=f"{counted(len(profile.measured), 'network')} were measured on {profile.device} "
        f"({profile.config.runner}, batch {profile.config.batch}); the latencies of "
        f"{counted(max(0, others), 'other')} are predicted from them.",
        parts=(
            table(
                ("network", "measured, ms", "predicted, ms", "error"),
                rows,
                "Measured latencies, and each as predicted from the other measured networks.",
            ),
            paragraph(
                *(f"The {name} is {said}." for name, said in profile.errors().items()),
            ),
        ),
    )
