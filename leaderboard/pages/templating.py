"""The one jinja2 environment: everything is escaped, nothing may be undefined."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from leaderboard.layout import table_html
from leaderboard.questions import LEAKY
from leaderboard.scores import BANNER
from leaderboard.text import plain
from leaderboard.verdicts import MEANING, is_leaky

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = Path(__file__).parent / "assets"
STYLE, SCRIPT, LIBRARY, LICENCE = "site.css", "site.js", "dataTables.min.js", "dataTables.LICENSE.txt"


@cache
def environment() -> jinja2.Environment:
    """Return the environment of all pages; filter ``plain`` takes control characters out of names."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    made.filters["plain"] = plain
    made.tests["leaky"] = is_leaky
    made.globals |= {"banner": BANNER, "leaky_banner": f"{LEAKY}: {MEANING}", "table_html": table_html}
    return made


def asset(name: str) -> str:
    """Return the text of a file of ``assets/``."""
    return (ASSETS / name).read_text(encoding="utf-8")
