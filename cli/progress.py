"""Events on stderr: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from nas.events import Advanced, Event, Leaders, Noted, StageFinished, StageStarted, TimeLeft

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS_BETWEEN_LINES = 5.0
_SECONDS_TO_JUDGE = 20.0
_SHARE_TO_JUDGE = 0.02
"""A stage shows its remaining time after these seconds, or after this share of its steps."""


class Display:
    """A listener. Stages may nest; the live display ends with the outermost."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._shown = (
            _LiveView(self._console) if self._console.is_terminal else _PlainView(self._console)
        )

    def __call__(self, event: Event) -> None:
        self._shown(event)


class _PlainView:
    """One line every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = 0.0
        self._first: dict[str, tuple[float, int]] = {}
        self._steps: dict[str, str] = {}
        self._whole = ""

    def __call__(self, event: Event) -> None:
        match event:
            case StageStarted(stage=stage, steps=steps):
                self._first.pop(stage, None)
                if steps:
                    self._steps[stage] = steps
            case TimeLeft(seconds=seconds):
                self._whole = f", about {_duration(seconds)} left in all"
            case Advanced(stage=stage, done=done, total=total, metrics=metrics):
                now = time.monotonic()
                self._first.setdefault(stage, (now, done))
                if now - self._last >= _SECONDS_BETWEEN_LINES or done == total:
                    self._last = now
                    left = self._left(stage, done, total, now) + self._whole
                    steps = f" {self._steps[stage]}" if stage in self._steps else ""
                    self._print(
                        f"{stage}: {done}/{total or '?'}{steps}  {_figures(metrics)}{left}"
                    )
            case StageFinished(stage=stage, seconds=seconds, completed=completed):
                ended = "done in" if completed else "stopped after"
                self._print(f"{stage}: {ended} {seconds:.1f} s")
            case Noted(text=text):
                self._print(text)

    def _left(self, stage: str, done: int, total: int | None, now: float) -> str:
        """The remaining time at the pace since the first reported step.

        Earlier steps do not count: a resumed stage did them in an earlier call.
        """
        since, before = self._first[stage]
        seconds, steps = now - since, done - before
        if total is None or done >= total or steps <= 0:
            return ""
        if steps < _SHARE_TO_JUDGE * total and seconds < _SECONDS_TO_JUDGE:
            return ""
        return f", about {_duration(seconds / steps * (total - done))} left"

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


class _LiveView:
    """A bar for each stage and a table of the best candidates so far."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._figures = ""
        self._whole = ""
        self._tasks: list[tuple[str, TaskID]] = []
        self._leaders: Table | None = None
        self._live: Live | None = None

    def __call__(self, event: Event) -> None:
        match event:
            case StageStarted(stage=stage, total=total, steps=steps):
                title = f"{stage} ({steps})" if steps else stage
                self._tasks.append((stage, self._bars.add_task(title, total=total)))
                self._start()
            case TimeLeft(seconds=seconds):
                self._whole = f"whole search: about {_duration(seconds)} left"
            case Advanced(done=done, metrics=metrics) if self._tasks:
                self._bars.update(self._tasks[-1][1], completed=done)
                self._figures = _figures(metrics)
            case StageFinished(stage=stage, seconds=seconds, completed=completed):
                self._finish(stage)
                if not completed:
                    self._console.print(f"{stage}: stopped after {seconds:.1f} s", markup=False)
            case Leaders(rows=rows) if rows:
                self._leaders = _leader_table(rows)
            case Noted(text=text):
                self._console.print(text, markup=False)
        if self._live is not None:
            self._live.update(self._view())

    def _start(self) -> None:
        if self._live is None:
            self._live = Live(self._view(), console=self._console, refresh_per_second=4)
            self._live.start()

    def _finish(self, stage: str) -> None:
        name, task = self._tasks.pop()
        assert name == stage, f"stage {stage!r} ended inside {name!r}"
        self._bars.stop_task(task)
        if not self._tasks and self._live is not None:
            self._live.update(self._view())
            self._live.stop()
            self._live = None
            for finished in self._bars.task_ids:
                self._bars.remove_task(finished)
            self._leaders = None
            self._figures = ""

    def _view(self) -> Group:
        leaders = [] if self._leaders is None else [self._leaders]
        lines = (Text(line, overflow="ellipsis", no_wrap=True) for line in self._lines())
        return Group(*leaders, self._bars, *lines)

    def _lines(self) -> list[str]:
        return [line for line in (self._figures, self._whole) if line]


def _leader_table(rows: tuple[Mapping[str, object], ...]) -> Table:
    """The figures first and in full; the notation takes the remaining width."""
    view = Table(title="best so far", title_justify="left", box=None, pad_edge=False, expand=True)
    figures = [column for column in rows[0] if column != "architecture"]
    for column in figures:
        view.add_column(column, justify="right", min_width=len(column), no_wrap=True)
    named = ["architecture"] if "architecture" in rows[0] else []
    for column in named:
        view.add_column(column, ratio=1, overflow="ellipsis", no_wrap=True)
    for row in rows:
        cells = [_figure(row[column]) for column in (*figures, *named)]
        view.add_row(*map(Text, cells))
    return view


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _figures(metrics: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {_figure(value)}" for name, value in metrics.items())


def _figure(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
