"""Provenance of the files of a pinned source."""

from __future__ import annotations

from pathlib import Path

from datasets.cohort import Provenance
from datasets.fetch.sources import Source, UrlSource


def provenance_of(folder: Path, source: Source | UrlSource, absent: tuple[str, ...] = ()) -> Provenance:
    """Return where files came from; ``modified`` when a file's size is not that of the source."""
    sizes = {f.path: f.size for f in source.files if f.size is not None}
    odd = [p for p, size in sizes.items() if not (folder / p).is_file() or (folder / p).stat().st_size != size]
    return Provenance(
        source=f"https://github.com/{source.repository}" if isinstance(source, Source) else source.page,
        version=source.commit if isinstance(source, Source) else "",
        licence=source.licence,
        modified=bool(odd),
        absent=absent,
    )
