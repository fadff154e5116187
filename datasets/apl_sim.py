"""Generated cohort of acute promyelocytic leukaemia with five fusion subtypes and a known Bayes posterior."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import PIL
import scipy
from numpy.typing import NDArray

from datasets.cache import cached_arrays
from datasets.card import Card
from datasets.cohort import Cohort, ImageBags, Provenance, Truth, presence
from datasets.simulate import clinical, tables
from datasets.simulate.paint import MASKS
from datasets.simulate.render import render
from datasets.simulate.world import World, sample_world

PRESETS = {"hard": 0.8, "default": 1.0, "easy": 1.3, "seed-like": 2.0}

CARD = Card(
    title="Generated APL cohort: five fusion subtypes, three sites, cell images, expression and routine labs",
    source="generated",
    doi="",
    licence="BSD-3-Clause",
    x="bag of Romanowsky-stained marrow cells, 2,000 genes (log2 CPM), 15 clinical variables; any may be missing",
    y="fusion subtype: " + ", ".join(tables.CLASSES),
    patient="generated id; one specimen (slide) a patient; cells of a patient share a random effect",
    domain="site A, B or C; P(site | class) moves from uniform to nearly fixed with `confound`",
    split="none published",
    traps=(
        "Generated: figures describe algorithms, not patients; many sizes are design choices.",
        "Site C has images only, so which values are missing tells the site, and with confound > 0 the class.",
        "Marker genes carry real symbols and null genes do not, and 33 of 35 signal genes are among the 139 members of "
        "the given gene sets: an entry that reads names or sets knows more than one that reads values.",
        "Cell types are those of the generator, without a rater's error.",
        "Cells of one patient are alike: a split of images instead of patients inflates every score.",
        "The posterior in `truth` does not use the site, so where confound > 0 a shortcut can beat it in-domain.",
    ),
)


@dataclass(frozen=True)
class Settings:
    """Everything that determines the cohort's bytes, besides the generator's source."""

    preset: str
    patients: int
    cells: int
    image_size: int
    confound: float
    seed: int

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"apl-sim: unknown preset={self.preset!r}; choose one of {', '.join(PRESETS)}")
        for name, low, high in (
            ("patients", len(tables.CLASSES), 100_000),
            ("cells", 1, 1_000),
            ("image_size", 16, 256),
            ("confound", 0, 1),
            ("seed", 0, 2**32 - 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"apl-sim: {name}={value} is out of range; choose {low} to {high}")

    @property
    def version(self) -> str:
        """Return the settings and the hash of the generator's source, readable."""
        settings = " ".join(f"{name}={value}" for name, value in asdict(self).items())
        return f"{settings} source={source_hash()[:12]}"

    @property
    def key(self) -> str:
        """Return a name for the cache that covers settings, source and the libraries that draw."""
        libraries = f"numpy={np.__version__} scipy={scipy.__version__} pillow={PIL.__version__}"
        return hashlib.sha256(f"{asdict(self)} {source_hash()} {libraries}".encode()).hexdigest()[:32]


@cache
def source_hash() -> str:
    """Return the SHA-256 of the generator's source files."""
    here = Path(__file__)
    digest = hashlib.sha256()
    for path in [here, *sorted((here.parent / "simulate").glob("*.py"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def load(
    *,
    data_root: Path | None = None,
    preset: str = "default",
    patients: int = 240,
    cells: int = 24,
    image_size: int = 64,
    confound: float = 0.3,
    seed: int = 0,
) -> Cohort:
    """Return the generated cohort; images are made once and cached, everything else is made anew.

    Args:
        data_root: Not used: the cohort has no files. Every loader takes it.
        preset: Size of the class effects: hard .8, default 1, easy 1.3, seed-like 2.
        patients: Number of patients; classes by largest remainder of .40 .12 .12 .18 .18.
        cells: Images a patient.
        image_size: Pixels across; the field is 20.5 um wide at site A.
        confound: 0 makes class and site independent, 1 ties them nearly completely.
        seed: Same settings and seed give the same bytes.

    Raises:
        ValueError: If the preset is unknown or a number is out of range.
    """
    settings = Settings(preset, patients, cells, image_size, confound, seed)
    world = sample_world(PRESETS[preset], patients, cells, confound, seed)
    photographs = cached_arrays(
        f"apl-sim-{settings.key}", lambda: render(world.cells, world.patients.site, image_size, seed)
    )
    return _cohort(settings, world, photographs)


def _cohort(settings: Settings, world: World, photographs: Mapping[str, NDArray]) -> Cohort:
    n, per_bag = world.cells.leukaemic.shape
    bags = ImageBags(
        pixels=photographs["pixels"],
        starts=np.arange(n + 1, dtype=np.int64) * per_bag,
        cell_type=world.cells.cell_type.ravel(),
    )
    table = clinical.clinical_table(world.observed)
    return Cohort(
        name="apl-sim",
        classes=tables.CLASSES,
        y=world.patients.y,
        specimen=np.array([f"P{i:05d}-S1" for i in range(n)]),
        patient=np.array([f"P{i:05d}" for i in range(n)]),
        domain=np.array(tables.SITES)[world.patients.site],
        provenance=Provenance("generated", settings.version, CARD.licence, generated=True),
        present=presence(n, bags, world.genes_measured, table),
        images=bags,
        genes=world.expression,
        gene_names=world.genes.names,
        gene_sets=world.genes.sets,
        clinical=table,
        units=clinical.UNITS,
        truth=Truth(
            posterior=world.posterior,
            traits=world.cells.frame(),
            signal_genes=world.genes.signal,
            masks={name: photographs[f"mask_{name}"] for name in MASKS},
        ),
    )
