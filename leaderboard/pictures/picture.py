"""Matplotlib figures as SVG elements that take ink, font and colours from the page they stand in."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from leaderboard.text import plain

INK = "#010203"  # replaced by currentColor, so that the picture follows the page into dark mode
PAPER = "#fdfeff"  # replaced by the page's background
COLOURS = (
    "#0b57b7",
    "#c2410c",
    "#15803c",
    "#a21caf",
    "#8a6100",
    "#0e7490",
    "#be123c",
    "#5b6470",
)  # --c0 .. of the page
MARKERS = "osD^vP*X"
LONGEST = 24
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a name may hold a dollar sign
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


@contextmanager
def style(name: str) -> Iterator[None]:
    """Draw in the house style; ``name`` makes the identifiers within the picture its own."""
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        yield


def svg(figure: Figure) -> str:
    """Return a figure as ``<svg>`` element; the same figure gives the same bytes.

    It is hidden from screen readers: the page says the same in a table.
    """
    out = io.StringIO()
    FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(out.getvalue())


def short(name: str) -> str:
    """Return a name that fits beside an axis."""
    name = plain(name).lstrip("_") or "_"  # matplotlib keeps a leading underscore for itself
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _inline(text: str) -> str:
    """Keep the element, let it take the page's size, font, ink and colours."""
    text = text[text.index("<svg") :].strip()
    text = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", text)
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # it would hold for the whole page
    text = re.sub(r"font-family: [^;]*; ?|'sans-serif'", "", text)
    text = re.sub(r"font: ([\d.]+px) *(?=[;\"])", r"font-size: \1", text)
    text = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'aria-hidden="true" focusable="false"', text, count=1)
    for i, colour in enumerate(COLOURS):
        text = text.replace(colour, f"var(--c{i}, {colour})")
    return text.replace(INK, "currentColor").replace(PAPER, "var(--paper, #fff)")
