"""The one console: what users wrote is printed as it stands, never taken for markup, a highlight or a command."""

from __future__ import annotations

import io
import sys
import unicodedata
from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.segment import Segment

_COMMANDS = ("Cc", "Cf", "Zl", "Zp")  # categories that move a cursor, turn text around or break a line


def console(*, stderr: bool = False) -> Console:
    """Return a console for people: no markup, no emoji codes, no highlighting, no control characters in any text."""
    made = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    made.push_render_hook(_Harmless())
    return made


def progress_bar(on: Console, before: Sequence[ProgressColumn] = (), after: Sequence[ProgressColumn] = ()) -> Progress:
    """Return a progress display whose descriptions are printed as they stand; it is silent where nobody looks."""
    described = TextColumn("{task.description}", markup=False)
    return Progress(*before, described, BarColumn(bar_width=30), *after, console=on, disable=not on.is_terminal)


def print_what_can_be_printed() -> None:
    """Let a stream say the number of a character that it cannot say: a terminal in Latin-1, a name that is no UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class _Harmless(RenderHook):
    """Replace control characters in everything that is printed; styles are kept apart from text and stay."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Cleaned(renderable) for renderable in renderables]


class _Cleaned:
    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(_clean(segment.text), segment.style)


def _clean(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(" " if c != "\n" and unicodedata.category(c) in _COMMANDS else c for c in text)
