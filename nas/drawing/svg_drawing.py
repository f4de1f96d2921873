"""An architecture drawn as SVG."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from nas.drawing.arrangement import arrange
from nas.drawing.label import Labels, input_shape, operation, shape, short
from nas.drawing.outline import outline
from nas.drawing.view import View
from nas.graph.op import FreeOp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.drawing.arrangement import Edge, Point
    from nas.drawing.entry import Entry
    from nas.graph.graph import Graph
    from nas.graph.node import Node

_COLOURS = {
    "conv": "#cfe3fb",
    "linear": "#f9d5d8",
    "head": "#f9d5d8",
    "attention": "#fbd9ef",
    "norm": "#e9ebef",
    "pool": "#d3f0dd",
    "add": "#e5dcfa",
    "mul": "#e5dcfa",
    "concat": "#e5dcfa",
}
"""Of operations, by what their names contain."""
_FREE = "#fdebc8"
"""Of operations that have no parameters: activations and changes of shape."""
_OTHER = "#d5eef2"
_STYLE = (
    "text{font:11px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2733}"
    ".name{font-weight:600}.side{fill:#6b7480;font-size:10px}.head{font-size:15px;font-weight:600}"
    ".box{fill:#fff;stroke:#aab3c0}.frame{fill:#f6f8fb;stroke:#c3cad6}"
    ".copy{fill:#fbfaf5;stroke:#b9ae8c;stroke-dasharray:5 3}.pill{fill:#fff;stroke:#c3cad6}"
    ".arrow{fill:none;stroke:#7d8796;stroke-width:1.2;marker-end:url(#tip)}"
    ".badge{fill:#33415c}.mid{text-anchor:middle}.times{fill:#fff;font-weight:600;text-anchor:middle}"
)
_LETTER = 6.1
_BOLD = 7.0
_ROW = 17.0
_PAD = 10.0
_BAR = 22.0
_CARD = 4.0
_MARGIN = 24.0
_MANY = 4


@dataclass(frozen=True)
class _Picture:
    """A piece of the drawing, its upper left corner at the origin."""

    width: float
    height: float
    body: str

    def at(self, x: float, y: float) -> str:
        return f'<g transform="translate({x:.1f} {y:.1f})">{self.body}</g>'


def draw_svg(graph: Graph, *, title: str = "") -> str:
    """The architecture as an SVG document: scopes as frames, repetitions folded.

    A box is a chain of operations with its output for one sample and its parameters. A stack of
    cards represents equal scopes, their number on its badge; a dashed frame is a copy of an
    earlier scope, and holds only the differences. Labels at the top of a frame are values from
    outside.

    Args:
        graph: The architecture.
        title: Title above the drawing.
    """
    view = View(graph)
    painter = _Painter(view)
    inputs = {
        spec.name: painter.pill(f"{spec.name}  {input_shape(spec)}")
        for spec in graph.inputs
        if spec.name not in view.ambient
    }
    picture = painter.inside("", outline(view), inputs)
    params, macs = view.cost(graph.nodes)
    caption = f"{len(graph.nodes)} operations, {params:,} parameters, {short(macs)} MACs"
    for name, readers in view.ambient.items():
        caption += f"; {readers} of them read {name}"
    width = max(picture.width, _LETTER * len(caption), 1.4 * _LETTER * len(title)) + 2 * _MARGIN
    height = picture.height + 2 * _MARGIN + 2 * _BAR
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}"><style>{_STYLE}</style>'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" '
        'markerHeight="6" orient="auto"><path d="M0 0L8 4L0 8z" fill="#7d8796"/></marker></defs>'
        '<rect width="100%" height="100%" fill="#fff"/>'
        f"{_text(_MARGIN, _MARGIN + 8, title, 'head')}"
        f"{_text(_MARGIN, _MARGIN + (26 if title else 8), caption, 'side')}"
        f"{picture.at((width - picture.width) / 2, _MARGIN + 2 * _BAR)}</svg>\n"
    )


class _Painter:
    """Draws the entries of a graph, inner ones before outer ones."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._graph = view.graph
        self._labels = Labels(view.graph)

    def inside(
        self, path: str, entries: Sequence[Entry], inputs: Mapping[str, _Picture] | None = None
    ) -> _Picture:
        """The entries of one scope, with arrows between them."""
        pictures = dict(inputs or {})
        home = {name: name for name in pictures}
        keys = [f"{number} {entry.path}" for number, entry in enumerate(entries)]
        for key, entry in zip(keys, entries, strict=True):
            home |= dict.fromkeys(self._covered(path, entry), key)
        edges: dict[Edge, None] = {}
        for key, entry in zip(keys, entries, strict=True):
            for name in self._view.reads(entry):
                source = home.get(name) or f"← {self._labels.of(name, path)}"
                if source not in home.values():
                    pictures.setdefault(source, self.pill(source.removeprefix("← ")))
                edges[source, key] = None
        pictures |= {k: self._entry(e) for k, e in zip(keys, entries, strict=True)}
        sizes = {name: (picture.width, picture.height) for name, picture in pictures.items()}
        found = arrange(sizes, list(edges))
        arrows = [_arrow(points) for points in found.arrows.values()]
        placed = [pictures[name].at(x, y) for name, (x, y) in found.corners.items()]
        return _Picture(found.width, found.height, "".join(arrows + placed))

    def _covered(self, path: str, entry: Entry) -> list[str]:
        """Nodes of an entry, including those of the scopes that it represents."""
        scopes = tuple(f"{path}.{name}.".lstrip(".") for name in entry.repeats)
        repeated = [n.name for n in self._view.nodes if scopes and n.name.startswith(scopes)]
        return [*(node.name for node in entry.nodes), *repeated]

    def pill(self, text: str) -> _Picture:
        """A value from outside the scope."""
        width, height = _LETTER * len(text) + 2 * _PAD, _ROW + 2
        return _Picture(
            width,
            height,
            _rect(width, height, "pill", round_=9.5) + _text(width / 2, 13, text, "mid"),
        )

    def _entry(self, entry: Entry) -> _Picture:
        if entry.is_chain:
            picture = self._chain(entry)
        elif entry.like:
            picture = self._frame(entry, "copy", self._likeness(entry))
        else:
            picture = self._frame(entry, "frame", "")
        return _stacked(picture, entry.times) if entry.times > 1 else picture

    def _chain(self, entry: Entry) -> _Picture:
        rows = [(operation(self._graph, node), _colour(node)) for node in entry.nodes]
        name, side = entry.title, self._side(entry)
        width = max(
            _heading_width(name, side), *(_LETTER * len(text) + 2 * _PAD for text, _ in rows)
        )
        body = _rect(width, _BAR + _ROW * len(rows) + 4, "box") + _heading(width, name, side)
        for index, (text, colour) in enumerate(rows):
            y = _BAR + _ROW * index
            body += (
                f'<rect x="4" y="{y:.1f}" width="{width - 8:.1f}" height="{_ROW - 2:.1f}" rx="3" '
                f'fill="{colour}"/>{_text(_PAD, y + 11.5, text)}'
            )
        return _Picture(width, _BAR + _ROW * len(rows) + 4, self._hint(entry) + body)

    def _frame(self, entry: Entry, kind: str, says: str) -> _Picture:
        inner = self.inside(entry.path, _dissolved(entry.entries))
        name = f"{entry.title}  {says}".rstrip()
        side = self._side(entry)
        width = max(inner.width + 2 * _PAD, _heading_width(name, side))
        height = _BAR + (inner.height + _PAD + 2 if entry.entries else 0)
        body = _rect(width, height, kind) + _heading(width, name, side)
        body += inner.at((width - inner.width) / 2, _BAR + 2)
        return _Picture(width, height, self._hint(entry) + body)

    def _likeness(self, entry: Entry) -> str:
        missing = f" without {' and '.join(entry.without)}" if entry.without else ""
        return f"like {entry.like}{missing}{', but' if entry.entries else ''}"

    def _side(self, entry: Entry) -> str:
        sizes = shape(self._graph.shapes[entry.nodes[-1].name])
        params, _ = self._view.cost(entry.nodes)
        return f"{sizes} · {short(params)}" if params else sizes

    def _hint(self, entry: Entry) -> str:
        params, macs = self._view.cost(entry.nodes)
        caption = f"{entry.path}: {params:,} parameters, {short(macs)} MACs"
        return f"<title>{escape(caption)}</title>"


def _dissolved(entries: Sequence[Entry]) -> list[Entry]:
    """The entries; an inner scope of few operations is replaced by them."""
    found: list[Entry] = []
    for entry in entries:
        simple = all(inner.is_chain and not inner.repeats for inner in entry.entries)
        if entry.like or entry.repeats or not simple or not 0 < len(entry.entries) <= _MANY:
            found.append(entry)
        else:
            found += [replace(e, name=f"{entry.name}.{e.name}") for e in entry.entries]
    return found


def _stacked(picture: _Picture, times: int) -> _Picture:
    """Cards behind a picture, and a badge with their number."""
    text = f"×{times}"
    wide = _LETTER * len(text) + 10
    width, height = picture.width + max(2 * _CARD, wide / 2 + 4), picture.height + 2 * _CARD
    body = "".join(
        f'<g transform="translate({index * _CARD} {index * _CARD})">'
        f"{_rect(picture.width, picture.height, 'box')}</g>"
        for index in (2, 1)
    )
    badge = (
        f'<g transform="translate({picture.width - wide / 2 + 4:.1f} -9)">'
        f'<rect class="badge" width="{wide:.1f}" height="17" rx="8.5"/>'
        f"{_text(wide / 2, 12.5, text, 'times')}</g>"
    )
    return _Picture(width, height, body + picture.body + badge)


def _arrow(points: Sequence[Point]) -> str:
    """A smooth line, straight down beside boxes and bent between the layers."""
    (x, y), *rest = points
    path = f"M{x:.1f} {y:.1f}"
    for to_x, to_y in rest:
        middle = (y + to_y) / 2
        straight = round(to_x - x) == 0
        path += (
            f"L{to_x:.1f} {to_y:.1f}"
            if straight
            else f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
        )
        x, y = to_x, to_y
    return f'<path class="arrow" d="{path}"/>'


def _heading_width(name: str, side: str) -> float:
    return _BOLD * (len(name) + 1) + _LETTER * len(side) + 2 * _PAD


def _heading(width: float, name: str, side: str) -> str:
    right = (
        f'<text class="side" x="{width - _PAD:.1f}" y="15" text-anchor="end">{escape(side)}</text>'
    )
    return _text(_PAD, 15, name, "name") + right


def _rect(width: float, height: float, kind: str, *, round_: float = 6) -> str:
    return f'<rect class="{kind}" width="{width:.1f}" height="{height:.1f}" rx="{round_}"/>'


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _colour(node: Node) -> str:
    kind = node.op.features().kind
    found = next((colour for word, colour in _COLOURS.items() if word in kind), None)
    return found or (_FREE if isinstance(node.op, FreeOp) else _OTHER)
