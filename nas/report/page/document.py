"""The page: its sections, its style, and the library that draws its figures."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import vl_convert
from jinja2 import Environment
from markupsafe import Markup

from nas.report.page.sections.costs import costs
from nas.report.page.sections.data import data
from nas.report.page.sections.device import device
from nas.report.page.sections.finalists import finalists
from nas.report.page.sections.history import history
from nas.report.page.sections.importance import importance
from nas.report.page.sections.mistakes import mistakes
from nas.report.page.sections.random_search import random_search
from nas.report.page.sections.reproduction import reproduction
from nas.report.page.sections.rungs import rungs
from nas.report.page.sections.tradeoff import tradeoff
from nas.report.page.sections.trust import trust
from nas.report.page.sections.verdict import verdict

if TYPE_CHECKING:
    from nas.report.page.material import Material

_SECTIONS = (
    verdict,
    tradeoff,
    history,
    trust,
    random_search,
    rungs,
    importance,
    finalists,
    device,
    costs,
    data,
    mistakes,
    reproduction,
)
"""In the order of the page."""


def page(material: Material) -> str:
    """The report of a run as one HTML file that loads nothing.

    Args:
        material: The run, and what its record does not hold.
    """
    run = material.run
    sections = [found for make in _SECTIONS if (found := make(material)) is not None]
    space, data = run.identity["space"]["name"], run.identity["dataset"]["name"]
    folder = "" if run.folder is None else f"run {run.folder.path.resolve().name}, "
    template = Environment(autoescape=True).from_string(_file("page.html"))
    return template.render(
        title=f"Architecture search: {space} on {data}",
        subtitle=f"{folder}study {run.study.study_name}",
        sections=sections,
        style=Markup(_file("page.css")),
        script=Markup(_file("page.js")),
        library=Markup(_library()),
    )


@cache
def _library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; nothing in it ends the element around it."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace(
        "</script", "<\\/script"
    )


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
