"""Generated cohort of six diseases whose mitochondrial signal is in genes and blood values, never in the smear."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import PIL
import scipy
from numpy.typing import NDArray

from datasets.cache import cached_arrays
from datasets.card import Card
from datasets.cohort import Cohort, ImageBags, Provenance, Truth, presence
from datasets.simulate.drawing import render, um_per_px
from datasets.simulate.mito import PATHWAYS, UNITS, MitoWorld, clinical_table, sample_mito_world
from datasets.simulate.mito import tables as tables
from datasets.simulate.shared import SITES, ComponentMasks, gene_columns, real, source_hash, whole

PRESETS = {"hard": 0.4, "default": 0.6, "easy": 1.0}

CARD = Card(
    title="Generated cohort of AML, ALL, CLL, myeloma, MDS and healthy marrow with mitochondrial pathway shifts",
    source="generated",
    doi="",
    licence="BSD-3-Clause",
    x="bag of Romanowsky-stained marrow cells, 2,000 genes (log2 CPM), 21 clinical variables; any may be missing",
    y="disease: " + ", ".join(tables.CLASSES),
    patient="generated id; one specimen (slide) a patient; cells of a patient share a random effect",
    domain="site A, B or C; P(site | class) moves from uniform to nearly fixed with `confound` (a design table)",
    split="none published",
    traps=(
        "Generated: figures describe algorithms, not patients.",
        "Mitochondria are not visible in a May-Gruenwald-Giemsa smear: no image carries a mitochondrial signal. Given "
        "the class, images are independent of every pathway.",
        "Taken from publications: medians of routine values, hypercalcaemia and renal failure in myeloma, rates of "
        "mitochondrial DNA variants. Design: every pathway size, cell fractions and traits, site tables, missingness.",
        "All class differences but age and sex are scaled, most about their mean: at the default .6 healthy people are "
        "less healthy, and AML has fewer blasts, than at 1 (preset easy), where the values are the design table's.",
        "Looks of cells are scaled by two thirds of the effect. With 24 cells the kinds and traits of which are known "
        "exactly the best balanced accuracy is .63, .81 and .97 (hard, default, easy), an upper bound for pixels; "
        "networks reach 68 % accuracy on real smears of seven diseases.",
        "Specimens keep to no diagnostic limit: at the default one AML marrow in seven has fewer than 20 % blasts, and "
        "one of MDS in ten has more.",
        "Blasts and lymphocytes in % define some of the classes and are left out unless `definitional` is on.",
        "Driver flags are nearly specific: one that is set almost gives the class away.",
        "Mitochondrial reads are 40 % more frequent at site B: a shift of quality that looks like biology.",
        "Signal genes have their real symbols and so do decoys; genes in no set are called NULL: an entry that "
        "reads names knows more than one that reads values. The order of the columns tells nothing.",
        "Site C has images only, so which values are missing tells the site, and with confound > 0 the class.",
        "The posterior in `truth` does not use how often a class is seen at a site, so where confound > 0 a shortcut "
        "can beat it in-domain.",
        "Cells of one patient are alike: a split of images instead of patients inflates every score.",
        "Same settings, same bytes on x86 processors with AVX2 or later (tested, with and without AVX-512; labs and "
        "posteriors to 10 digits); on older or other processors single pixels can differ.",
    ),
)
SPLIT = {"scheme": "kfold", "folds": 3, "train_domains": ["A", "B"]}


@dataclass(frozen=True)
class MitoSettings:
    """Hold everything that determines the cohort's bytes, besides the generator's source.

    Raises:
        ValueError: If the preset is unknown, a number not whole or out of range, or the switch neither true nor false.
    """

    preset: str
    patients: int
    cells: int
    image_size: int
    confound: float
    definitional: bool
    seed: int

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"mito-sim: unknown preset={self.preset!r}; choose one of {', '.join(PRESETS)}")
        if not isinstance(self.definitional, bool):
            raise ValueError(f"mito-sim: definitional={self.definitional!r} is a switch; choose true or false")
        for name, low, high in (
            ("patients", len(tables.CLASSES), 100_000),
            ("cells", 1, 1_000),
            ("image_size", 16, 256),
            ("seed", 0, 2**32 - 1),
        ):
            object.__setattr__(self, name, whole("mito-sim", name, getattr(self, name), low, high))
        object.__setattr__(self, "confound", real("mito-sim", "confound", self.confound, 0, 1))

    @property
    def version(self) -> str:
        """Return the settings and the hash of the generator's source, readable."""
        settings = " ".join(f"{name}={value}" for name, value in asdict(self).items())
        return f"{settings} source={generator_hash()[:12]}"

    @property
    def key(self) -> str:
        """Return a name for the cache of pictures that covers what they depend on, source and libraries."""
        libraries = f"numpy={np.__version__} scipy={scipy.__version__} pillow={PIL.__version__}"
        drawn = {name: value for name, value in asdict(self).items() if name != "definitional"}
        return hashlib.sha256(f"{drawn} {generator_hash()} {libraries}".encode()).hexdigest()[:32]


def generator_hash() -> str:
    """Return the SHA-256 of the generator's source files."""
    return source_hash("mito_sim", "shared", "drawing", "apl", "mito")


def load(
    *,
    data_root: Path | None = None,
    preset: str = "default",
    patients: int = 240,
    cells: int = 24,
    image_size: int = 64,
    confound: float = 0.3,
    definitional: bool = False,
    seed: int = 0,
) -> Cohort:
    """Return the generated cohort; images are made once and cached, everything else is made anew.

    Args:
        data_root: Not used: the cohort has no files. Every loader takes it.
        preset: Size of the class effects: hard .4, default .6, easy 1 (the design's table).
        patients: Number of patients; classes by largest remainder of .28 .16 .18 .14 .14 .10.
        cells: Images a patient.
        image_size: Pixels across; the field is 28 um wide.
        confound: 0 makes class and site independent, 1 ties them nearly completely.
        definitional: Adds ``blasts`` (% of 500 marrow cells) and ``lymphocytes`` (% of the blood's white cells).
        seed: Same settings and seed give the same fingerprint on x86 processors with AVX2 or later (tested).

    Raises:
        ValueError: If the preset is unknown, a number not whole or out of range, or the switch neither true nor false.
    """
    settings = MitoSettings(preset, patients, cells, image_size, confound, definitional, seed)
    world = sample_mito_world(PRESETS[preset], patients, cells, confound, seed, definitional=definitional)
    photographs = cached_arrays(
        f"mito-sim-{settings.key}", lambda: render(world.cells, world.patients.site, image_size, seed)
    )
    return _cohort(settings, world, photographs)


def _cohort(settings: MitoSettings, world: MitoWorld, photographs: Mapping[str, NDArray]) -> Cohort:
    n, per_bag = world.latent.kind.shape
    bags = ImageBags(
        pixels=photographs["pixels"],
        starts=np.arange(n + 1, dtype=np.int64) * per_bag,
        cell_type=world.cells.cell_type.ravel(),
    )
    table = clinical_table(world.observed)
    columns = gene_columns(len(world.genes.names), settings.seed)
    expression = np.where(world.genes_measured[:, None], world.expression, 0).astype(np.float32)
    return Cohort(
        name="mito-sim",
        classes=tables.CLASSES,
        y=world.patients.y,
        specimen=np.array([f"M{i:05d}-S1" for i in range(n)]),
        patient=np.array([f"M{i:05d}" for i in range(n)]),
        domain=np.array(SITES)[world.patients.site],
        provenance=Provenance("generated", settings.version, CARD.licence, generated=True),
        present=presence(n, bags, world.genes_measured, table),
        images=bags,
        genes=expression[:, columns],
        gene_names=tuple(np.array(world.genes.names)[columns].tolist()),
        gene_sets=world.genes.sets,
        clinical=table,
        units={column: UNITS[column] for column in table.columns if column != "sex"},
        truth=Truth(
            posterior=world.posterior,
            traits=_traits(settings, world),
            evidence=world.evidence,
            signal_genes=world.genes.signal,
            signal_pathways=tuple(PATHWAYS),
            masks=ComponentMasks(photographs["components"]),
        ),
    )


def _traits(settings: MitoSettings, world: MitoWorld) -> pd.DataFrame:
    """Return the latent traits of every image with its pixel size."""
    scale = um_per_px(world.patients.site, settings.image_size, settings.seed)
    clumping = world.latent.trait("clumping").ravel()
    return world.cells.frame().assign(clumping=clumping, um_per_px=np.repeat(scale, settings.cells))
