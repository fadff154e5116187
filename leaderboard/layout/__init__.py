"""Shape tables for reading."""

from leaderboard.layout.claims_page import PAGE, anchors, claims_page, claims_summary, verdict_lines
from leaderboard.layout.detail_tables import detail_tables
from leaderboard.layout.pair_table import pair_table
from leaderboard.layout.published_table import TITLE, published_table, standing
from leaderboard.layout.shapes import SHAPES
from leaderboard.layout.table_html import Links, table_html
from leaderboard.layout.wide_table import header, wide_tables

__all__ = [
    "PAGE",
    "SHAPES",
    "TITLE",
    "Links",
    "anchors",
    "claims_page",
    "claims_summary",
    "detail_tables",
    "header",
    "pair_table",
    "published_table",
    "standing",
    "table_html",
    "verdict_lines",
    "wide_tables",
]
