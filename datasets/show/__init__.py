"""Draw contact sheets of cohorts."""

from datasets.show.contact_sheet import contact_sheet
from datasets.show.gallery import generated_sheet

__all__ = [
    "contact_sheet",
    "generated_sheet",
]
