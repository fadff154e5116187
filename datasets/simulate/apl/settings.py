"""The settings of a generated APL cohort: everything that determines its bytes, checked."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields

import numpy as np
import PIL
import scipy

from datasets.simulate.apl.interventions import Intervention, parse_intervention
from datasets.simulate.shared import CLASSES, real, source_hash, whole

PRESETS = {"hard": 0.8, "default": 1.0, "easy": 1.3, "seed-like": 2.0}
SIZES = {"tiny": (60, 8), "default": (240, 24), "full": (1000, 50)}  # patients, cells of each
_WHOLE = (
    ("patients", len(CLASSES), 100_000),
    ("cells", 1, 1_000),
    ("image_size", 16, 256),
    ("ood", 0, 10_000),
    ("more_c", 0, 100_000),
    ("seed", 0, 2**32 - 1),
)
_REAL = (("confound", 0, 1), ("label_noise", 0, 5), ("shortcut", 0, 1), ("images_only", 0, 1))
_SWITCHES = ("raters", "mnar", "dirty", "era", "unknown_scale", "gene_sets")
_NOT_DRAWN = ("raters", "mnar", "dirty", "era", "gene_sets", "label_noise", "images_only")


@dataclass(frozen=True)
class Settings:
    """Hold what ``datasets.generated.apl_sim.load`` was asked for.

    Raises:
        ValueError: If a name is unknown, a number not whole where it has to be or out of range, or a switch neither
            true nor false.
    """

    preset: str = "default"
    patients: int = 240
    cells: int = 24
    image_size: int = 64
    confound: float = 0.3
    seed: int = 0
    do: str = ""
    label_noise: float = 0.0
    raters: bool = False
    mnar: bool = False
    dirty: bool = False
    shortcut: float = 0.0
    era: bool = False
    ood: int = 0
    more_c: int = 0
    images_only: float = 0.5
    unknown_scale: bool = False
    gene_sets: bool = True

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"apl-sim: unknown preset={self.preset!r}; choose one of {', '.join(PRESETS)}")
        for name, low, high in _WHOLE:
            object.__setattr__(self, name, whole("apl-sim", name, getattr(self, name), low, high))
        for name, low, high in _REAL:
            object.__setattr__(self, name, real("apl-sim", name, getattr(self, name), low, high))
        for name in _SWITCHES:
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"apl-sim: {name}={getattr(self, name)!r} is a switch; choose true or false")
        parse_intervention(self.do)

    @property
    def effect(self) -> float:
        """Return the scale of the class differences."""
        return PRESETS[self.preset]

    @property
    def intervention(self) -> Intervention | None:
        """Return the cause that is set, if any."""
        return parse_intervention(self.do)

    @property
    def version(self) -> str:
        """Return the settings and the hash of the generator's source, readable; options only where they are used."""
        size = ("preset", "patients", "cells", "image_size", "confound", "seed")
        told = [f for f in fields(self) if f.name in size or getattr(self, f.name) != f.default]
        return " ".join([*(f"{f.name}={getattr(self, f.name)}" for f in told), f"source={generator_hash()[:12]}"])

    @property
    def key(self) -> str:
        """Return a name for the cache of pictures that covers what they depend on, source and libraries."""
        libraries = f"numpy={np.__version__} scipy={scipy.__version__} pillow={PIL.__version__}"
        drawn = {name: value for name, value in asdict(self).items() if name not in _NOT_DRAWN}
        return hashlib.sha256(f"{drawn} {generator_hash()} {libraries}".encode()).hexdigest()[:32]


def generator_hash() -> str:
    """Return the SHA-256 of the generator's source files; those of the other generators do not count."""
    return source_hash("apl_sim", "shared", "drawing", "apl")
