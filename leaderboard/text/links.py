"""Names of the files of a site: readable, unique, and harmless whatever a task or entry is called."""

from __future__ import annotations

import hashlib
import re

LONGEST = 40
OURS = re.compile(r"(task|scores|entry|dataset)-[a-z0-9-]*[0-9a-f]{8}\.html")


def file_name(kind: str, *names: str) -> str:
    """Return "<kind>-<slug>-<hash>.html"; the hash keeps names apart whose letters fall together.

    Args:
        kind: "task", "scores", "entry" or "dataset".
        names: What the page is about, such as the task and the test set.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join(names).lower())[:LONGEST].strip("-")
    digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return "-".join(filter(None, [kind, slug, digest])) + ".html"
