from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli.progress import Display
from nas.events import Leaders, Noted, stage

LEADER = {"rank": 1, "architecture": "[relu]~[bold]", "score": -0.5, "params": 12345}


def console(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> io.StringIO:
    """The stream to which a display writes."""
    screen = io.StringIO()
    made = Console(
        file=screen, force_terminal=terminal, width=100, highlight=False, color_system=None
    )
    monkeypatch.setattr("cli.progress.Console", lambda **_: made)
    return screen


def test_without_a_terminal_there_are_plain_lines(monkeypatch):
    screen = console(monkeypatch, terminal=False)
    display = Display()
    with stage(display, "search", 4) as running:
        running.advance(1, scored=1)
        display(Leaders(rows=(LEADER,)))
        running.advance(4, scored=4, per_second=12.3456)
        display(Noted(text="Something [worth] knowing."))

    first, last, note, end = screen.getvalue().splitlines()
    assert first == "search: 1/4  scored 1"
    assert last == "search: 4/4  scored 4  per_second 12.35"
    assert note == "Something [worth] knowing."
    assert end == "search: done in 0.0 s"


def test_a_stage_that_was_interrupted_is_not_done(monkeypatch):
    screen = console(monkeypatch, terminal=False)
    with pytest.raises(KeyboardInterrupt), stage(Display(), "train", 4):
        raise KeyboardInterrupt

    assert screen.getvalue() == "train: stopped after 0.0 s\n"


def test_plain_lines_keep_a_distance_in_time_but_never_miss_the_end(monkeypatch):
    screen = console(monkeypatch, terminal=False)
    clock = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: 100 + next(clock))
    display = Display()
    with stage(display, "train", 20) as running:
        for done in range(1, 21):
            running.advance(done)

    shown = [line.split()[1] for line in screen.getvalue().splitlines() if "/20" in line]
    assert shown[-1] == "20/20"
    assert 3 <= len(shown) <= 6


def test_a_stage_of_unknown_length_says_so(monkeypatch):
    screen = console(monkeypatch, terminal=False)
    with stage(Display(), "search") as running:
        running.advance(3)

    assert screen.getvalue().startswith("search: 3/?")


def test_on_a_terminal_there_is_a_bar_and_a_table_of_the_best(monkeypatch):
    screen = console(monkeypatch, terminal=True)
    display = Display()
    with stage(display, "search", 4) as running:
        running.advance(3, scored=3)
        display(Leaders(rows=(LEADER,)))

    shown = screen.getvalue()
    assert "best so far" in shown
    assert "[relu]~[bold]" in shown
    assert "12,345" in shown
    assert "3/4" in shown
    assert "\x1b[?25h" in shown, "the cursor is shown again"


def test_on_a_terminal_stages_may_nest_and_follow_each_other(monkeypatch):
    screen = console(monkeypatch, terminal=True)
    display = Display()
    with stage(display, "finalists", 2), stage(display, "train", 3) as inner:
        inner.advance(3, loss=0.25)
    with stage(display, "export"):
        pass

    shown = screen.getvalue()
    for part in ("finalists", "train", "3/3", "export"):
        assert part in shown


def test_on_a_terminal_an_interrupt_gives_the_cursor_back(monkeypatch):
    screen = console(monkeypatch, terminal=True)
    with pytest.raises(KeyboardInterrupt), stage(Display(), "search", 4):
        raise KeyboardInterrupt

    assert screen.getvalue().count("\x1b[?25h") == 1


def test_plain_lines_show_the_remaining_time_at_the_pace_since_the_first_step(monkeypatch):
    screen = console(monkeypatch, terminal=False)
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    display = Display()
    with stage(display, "train-hypernet", 1000) as running:
        for done in (400, 410, 430, 970, 1000):  # resumed at step 400, one step per second
            now[0] = 100.0 + done
            running.advance(done)

    assert [line.partition("/1000")[2].strip() for line in screen.getvalue().splitlines()] == [
        "", "", ", about 10 min left", ", about 30 s left", "", ""
    ]  # fmt: skip


def test_on_a_terminal_an_interrupted_stage_says_so(monkeypatch):
    screen = console(monkeypatch, terminal=True)
    with pytest.raises(KeyboardInterrupt), stage(Display(), "search", 4):
        raise KeyboardInterrupt

    assert "search: stopped after 0.0 s" in screen.getvalue()
