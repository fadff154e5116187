"""Write boards as a static site."""

from leaderboard.pages.page import render_page
from leaderboard.pages.site import render_site, write_site

__all__ = [
    "render_page",
    "render_site",
    "write_site",
]
