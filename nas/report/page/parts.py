"""Parts of a page as HTML; every text is escaped."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import altair as alt


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of the page.

    Attributes:
        name: Its anchor.
        title: Its heading.
        lead: A sentence on what is shown and how to read it.
        parts: Its content as HTML.
    """

    name: str
    title: str
    lead: str
    parts: tuple[Markup, ...]


def paragraph(*sentences: str) -> Markup:
    """Sentences as one paragraph."""
    return Markup("<p>{}</p>").format(" ".join(filter(None, sentences)))


def note(text: str) -> Markup:
    """A sentence on something that is missing."""
    return Markup('<p class="note">{}</p>').format(text)


def code(text: str) -> Markup:
    """Text to copy, such as a command line."""
    return Markup('<pre tabindex="0"><code>{}</code></pre>').format(text)


def heading(text: str) -> Markup:
    """A heading inside a section."""
    return Markup("<h3>{}</h3>").format(text)


def figure(chart: alt.Chart | alt.LayerChart, caption: str, *, style: str = "wide") -> Markup:
    """A figure as wide as the page.

    Args:
        chart: The figure.
        caption: What it shows, for those who see it and those who do not.
        style: Class of the element; ``square`` limits the width.
    """
    spec = chart.properties(width="container").to_dict()
    text = json.dumps(spec, allow_nan=False).replace("<", "\\u003c")  # no tag ends the element
    return Markup(
        '<figure class="{style}"><div class="chart" role="img" aria-label="{caption}"></div>'
        '<script type="application/json">{spec}</script>'
        "<figcaption>{caption}</figcaption></figure>"
    ).format(style=style, caption=caption, spec=Markup(text))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], caption: str) -> Markup:
    """A table; its first column names the rows, and columns of numbers stand to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    right = [
        place > 0 and bool(cells) and all(_is_number(row[place]) for row in cells)
        for place in range(len(columns))
    ]
    head = _row(columns, right, 'th scope="col"', "th")
    body = Markup("").join(
        Markup("<tr>{}{}</tr>").format(
            _cells(row[:1], right[:1], 'th scope="row"', "th"), _cells(row[1:], right[1:])
        )
        for row in cells
    )
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table>'
        "<caption>{caption}</caption><thead>{head}</thead><tbody>{body}</tbody></table></div>"
    ).format(caption=caption, head=head, body=body)


def facts(entries: Iterable[tuple[str, str]]) -> Markup:
    """Names with values, side by side where there is room."""
    items = (Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*entry) for entry in entries)
    return Markup('<dl class="facts">{}</dl>').format(Markup("").join(items))


def gallery(entries: Iterable[tuple[Markup, Markup | str]]) -> Markup:
    """Pictures in rows, each above its text."""
    items = (Markup("<li>{}<div>{}</div></li>").format(*entry) for entry in entries)
    return Markup('<ul class="gallery">{}</ul>').format(Markup("").join(items))


def picture(kind: str, content: bytes, alt: str, style: str) -> Markup:
    """A picture inside the page.

    Args:
        kind: ``png``, ``jpeg`` or ``svg+xml``.
        content: The file.
        alt: What it shows.
        style: Class of the element.
    """
    source = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return Markup('<img class="{}" src="{}" alt="{}">').format(style, source, alt)


def _row(cells: Sequence[str], right: Sequence[bool], opening: str, closing: str) -> Markup:
    return Markup("<tr>{}</tr>").format(_cells(cells, right, opening, closing))


def _cells(
    cells: Sequence[str], right: Sequence[bool], opening: str = "td", closing: str = "td"
) -> Markup:
    return Markup("").join(
        Markup("<{}{}>{}</{}>").format(
            Markup(opening), Markup(' class="number"' if is_right else ""), cell, Markup(closing)
        )
        for cell, is_right in zip(cells, right, strict=True)
    )


def _is_number(cell: str) -> bool:
    return cell == "–" or cell[:1].isdigit() or (cell[:1] == "-" and cell[1:2].isdigit())
