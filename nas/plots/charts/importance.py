"""Which choices of the space decide whether an architecture is among the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from nas.errors import StudyError
from nas.plots.source import recorded
from nas.plots.style import BLUE, data, sized
from nas.study.selection.importance import FEWEST, importances

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.plots.source import Source

_ROW = 22
_MOST = 15


def importance(source: Source) -> alt.Chart:
    """The share of each choice in being among the best tenth of the candidates.

    Args:
        source: A run folder, the result of a search, or its record.

    Raises:
        StudyError: The run has too few scored trials.
    """
    found = importances(recorded(source))
    if found is None:
        raise StudyError(
            "the importance of choices is not known",
            hint=f"It needs at least {FEWEST} scored candidates.",
        )
    return chart(found)


def chart(shares: Mapping[str, float]) -> alt.Chart:
    """The figure of some shares, the largest first; at most fifteen."""
    rows = [{"choice": name, "share": share} for name, share in shares.items()][:_MOST]
    return sized(
        alt.Chart(data(rows))
        .mark_bar(color=BLUE)
        .encode(
            y=alt.Y(
                "choice", type="nominal", sort="-x", title=None, axis=alt.Axis(labelLimit=160)
            ),
            x=alt.X(
                "share",
                type="quantitative",
                title="share of the importance",
                axis=alt.Axis(format=".0%", tickCount=6),
            ),
            tooltip=[
                alt.Tooltip("choice", type="nominal"),
                alt.Tooltip("share", type="quantitative", format=".1%"),
            ],
        ),
        height=_ROW * len(rows),
    )
