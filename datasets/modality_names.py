"""The kinds of data that a specimen may have."""

from __future__ import annotations

MODALITIES = ("images", "genes", "clinical")
