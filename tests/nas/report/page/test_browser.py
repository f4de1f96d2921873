"""The page in a browser: no message on the console, nothing wider than the window."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from typing import TYPE_CHECKING

import pytest

from nas.data.digits import load
from nas.report.page import Material, page
from nas.study.record.recorded_run import read_run
from tests.nas.study.study_toys import toy_space

if TYPE_CHECKING:
    from pathlib import Path

    from nas.study.result import SearchResult

pytestmark = pytest.mark.slow

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
WIDTHS = {"desktop": 1280, "phone": 390}
THEMES = {"light": 1, "dark": 0}
PROBE = """
<script>
addEventListener("load", () => setTimeout(() => {
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll("main *")].filter((element) =>
    element.getBoundingClientRect().right > width + 1 && !element.closest(".scroll, .drawing"));
  parent.postMessage(JSON.stringify({
    window: innerWidth,
    width: width,
    needs: document.documentElement.scrollWidth,
    wide: wide.map((element) => element.tagName),
    charts: document.querySelectorAll(".chart").length,
    drawn: document.querySelectorAll(".chart[data-drawn] svg .mark-symbol, " +
      ".chart[data-drawn] svg .mark-rect").length,
    ready: document.querySelectorAll(".chart[data-drawn] svg").length,
    ground: getComputedStyle(document.body).backgroundColor,
  }), "*");
}, 3000));
</script>
"""

FRAME = """
<!DOCTYPE html>
<title></title>
<script>addEventListener("message", (event) => { document.title = event.data; });</script>
<iframe src="ADDRESS" style="width: WIDTHpx; height: 900px; border: 0"></iframe>
"""
"""A window of a browser cannot be as narrow as a phone, but a frame in it can."""


@pytest.fixture(scope="module")
def report(searched: SearchResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a finished run, with a script that measures it."""
    if BROWSER is None:
        pytest.skip("no chromium or chrome is installed")
    assert searched.run is not None
    material = Material(run=read_run(searched.run), space=toy_space(), data=load())
    text = page(material)
    assert len(text.encode()) < 2_000_000
    file = tmp_path_factory.mktemp("page") / "report.html"
    start, end, rest = text.rpartition("</body>")  # the library holds the word as well
    file.write_text(f"{start}{PROBE}{end}{rest}", encoding="utf-8")
    return file


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_drawn_without_complaint_and_fits(
    report: Path, tmp_path: Path, width: str, theme: str
) -> None:
    frame = tmp_path / "frame.html"
    text = FRAME.replace("ADDRESS", report.as_uri()).replace("WIDTH", str(WIDTHS[width]))
    frame.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            str(BROWSER),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--enable-logging=stderr",
            "--virtual-time-budget=30000",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=1400,1000",
            f"--blink-settings=preferredColorScheme={THEMES[theme]}",
            "--dump-dom",
            frame.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == []
    title = re.search("<title>(.*?)</title>", done.stdout)
    assert title is not None
    found = json.loads(unescape(title[1]))
    assert found["window"] == WIDTHS[width]
    assert found["needs"] <= found["width"]
    assert found["wide"] == []
    assert found["charts"] == found["ready"] >= 6
    assert found["drawn"] > 0
    is_dark = sum(map(int, re.findall(r"\d+", found["ground"])[:3])) < 3 * 128
    assert is_dark == (theme == "dark")
