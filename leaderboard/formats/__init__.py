"""Write boards as Markdown, LaTeX, terminal text and excerpts."""

from leaderboard.formats import terminal
from leaderboard.formats.latex import render_latex
from leaderboard.formats.markdown import render_markdown

__all__ = [
    "render_latex",
    "render_markdown",
    "terminal",
]
