"""Drawings of architectures, in text and as SVG."""

from nas.drawing.entry import Entry
from nas.drawing.outline import outline
from nas.drawing.svg_drawing import draw_svg
from nas.drawing.text_drawing import draw_text

__all__ = ["Entry", "draw_svg", "draw_text", "outline"]
