"""Generated cohort of acute promyelocytic leukaemia with five fusion subtypes and a known Bayes posterior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cache import cached_arrays
from datasets.card import Card
from datasets.cohort import Cohort, ImageBags, Provenance, Truth, presence
from datasets.simulate.apl import (
    PRESETS,
    SIZES,
    UNSEEN,
    Settings,
    World,
    choose_bugs,
    clinical,
    difficulty_table,
    list_bugs,
    noisy_labels,
    rated,
    sample_world,
    sampled_era,
    scale_bars,
    with_bugs,
)
from datasets.simulate.drawing import render, um_per_px
from datasets.simulate.shared import ComponentMasks, gene_columns, tables

CARD = Card(
    title="Generated APL cohort: five fusion subtypes, three sites, cell images, expression and routine labs",
    source="generated",
    doi="",
    licence="BSD-3-Clause",
    x="bag of Romanowsky-stained marrow cells, 2,000 genes (log2 CPM), 15 clinical variables; any may be missing; "
    "sizes: " + ", ".join(f"{name} {patients:,} patients x {cells} cells" for name, (patients, cells) in SIZES.items()),
    y="fusion subtype: " + ", ".join(tables.CLASSES),
    patient="generated id; one specimen (slide) a patient; cells of a patient share a random effect",
    domain="site A, B or C, and C-images for the patients of C with images only; P(site | class) moves from uniform "
    "to nearly fixed with `confound`",
    split="none published",
    traps=(
        "Generated: figures describe algorithms, not patients; many sizes are design choices.",
        "Site C has another stain and camera. Of half of its patients there are images only (domain C-images, "
        "`images_only`), so which values are missing tells the site, and with confound > 0 the class. To leave "
        "sites out set images_only to 0 or 1: C and C-images are one site.",
        "Images are 28 um wide at every site, brought to one pixel size (`image_facts`); with `unknown_scale` each "
        "keeps its camera's, and the size of a cell, a trait, cannot be read at a site that was not learnt from.",
        "Marker genes carry real symbols and null genes do not, and 33 of 35 signal genes are among the 139 members of "
        "the given gene sets: an entry that reads names or sets knows more than one that reads values. The order of "
        "the columns tells nothing.",
        "Colours of film and red cells, field and outlines are fitted to the promyelocytes of apl-jhu (Sidhom et al. "
        "2021, doi 10.1038/s41698-021-00179-y) by eye and by `python -m perf.smear`, which prints both; chromatin, "
        "granules and rods are drawn after them by eye only. A network trained here knows no real smear.",
        "At 64 px a pixel is 0.44 um: an Auer rod is one to two pixels wide, and single rods are often missed.",
        "Cell types are those of the generator, without a rater's error, unless `raters` is on.",
        "Cells of one patient are alike: a split of images instead of patients inflates every score.",
        "The posterior in `truth` does not use the site, so where confound > 0 a shortcut can beat it in-domain.",
        "With `label_noise` the labels are wrong at a known rate (at 1: 2 % of all, and 6 % of STAT5B, NPM1 and TTMV "
        "called PML-RARA) and the best score is below the oracle's; `truth.y` keeps the true class.",
        "With `shortcut` a scale bar in the corner goes with PML-RARA in every domain, so only changing the picture "
        "shows whether an entry relies on it; one that does can beat the oracle, which knows nothing of the bar.",
        "With `do` every picture is counterfactual: never train on it; compare predictions with those of the cohort "
        "without it, and the change with that of the posterior in `truth`.",
        "With `dirty` the labs, bags and ids hold planted bugs that `planted_bugs` lists; `truth` describes the data "
        "before them.",
        "With `ood` there are patients of two unseen kinds, ZBTB16-RARA and other AML, whose sizes are design values: "
        "AML is far from APL by design (age, coagulation, promyelocytes; technicians call its cells blasts), "
        "ZBTB16-RARA near. How well an entry tells them from the classes says nothing of real patients. The effect "
        "scale does not act on them; their posterior in `truth` is over the five classes: sure at times, never right.",
        "Same settings, same bytes on x86 processors with AVX2 or later (tested, with and without AVX-512; labs and "
        "posteriors to 10 digits); on older or other processors single pixels can differ.",
    ),
)
SPLIT = {"scheme": "kfold", "folds": 3, "train_domains": ["A", "B"]}


def load(
    *,
    data_root: Path | None = None,
    preset: str = "default",
    patients: int = 240,
    cells: int = 24,
    image_size: int = 64,
    confound: float = 0.3,
    seed: int = 0,
    do: str = "",
    label_noise: float = 0.0,
    raters: bool = False,
    mnar: bool = False,
    dirty: bool = False,
    shortcut: float = 0.0,
    era: bool = False,
    ood: int = 0,
    more_c: int = 0,
    images_only: float = 0.5,
    unknown_scale: bool = False,
    gene_sets: bool = True,
) -> Cohort:
    """Return the generated cohort; images are made once and cached, everything else is made anew.

    Args:
        data_root: Not used: the cohort has no files. Every loader takes it.
        preset: Size of the class effects: hard .8, default 1, easy 1.3, seed-like 2.
        patients: Number of patients; classes by largest remainder of .40 .12 .12 .18 .18.
        cells: Images a patient.
        image_size: Pixels across; the field is 28 um wide.
        confound: 0 makes class and site independent, 1 ties them nearly completely.
        seed: Same settings and seed give the same fingerprint on x86 processors with AVX2 or later (tested).
        do: One cause set for all, every seed kept: a trait of all leukaemic cells ("auer=0", "granularity=0.2") or
            the microscope of all slides ("site=B"; ``domain`` and what is missing stay). Labels stay.
        label_noise: 0 none; 1 the design's wrong labels; up to 5 times as many.
        raters: Cell types as one of three virtual raters gives them; all three and the soft labels that they make
            are columns of ``truth.traits``.
        mnar: Missingness also depends on how ill the patient is; posteriors without clinical values take no notice.
        dirty: Plant data bugs for audits; ``planted_bugs`` lists them.
        shortcut: Correlation of PML-RARA with a scale bar in the corner; 0 draws no bar.
        era: Give each patient a year, in which variants become more frequent.
        ood: Patients of each of two kinds that are none of the classes, ZBTB16-RARA and other AML; ``unseen`` names
            them. All other patients stay as they are.
        more_c: Patients of site C besides ``patients``, with the classes as frequent as they are there.
        images_only: Share of the patients of site C of whom there are images only: domain "C-images", not "C".
        unknown_scale: Images keep the pixel size of their camera, which nobody is told, instead of being brought to
            one that is known.
        gene_sets: Whether the gene sets are given.

    Raises:
        ValueError: If a name is unknown, a number not whole or out of range, a switch neither true nor false, or
            label noise leaves a class without patients.
    """
    settings = Settings(
        preset, patients, cells, image_size, confound, seed, do, label_noise, raters, mnar, dirty, shortcut, era, ood,
        more_c, images_only, unknown_scale, gene_sets,
    )  # fmt: skip
    cohort = _clean(settings)
    return with_bugs(cohort, choose_bugs(cohort, settings.seed)) if dirty else cohort


def difficulty() -> pd.DataFrame:
    """Return what the oracle reaches by what is seen, simulated, beside the design's values; default effect scale."""
    return difficulty_table((PRESETS["default"],))


def planted_bugs(settings: Settings) -> pd.DataFrame:
    """Return the bugs of the dirty cohort with these settings, one row each: ``bug``, ``specimen``, ``other``."""
    cohort = _clean(replace(settings, dirty=True))
    return list_bugs(cohort, choose_bugs(cohort, settings.seed))


def _clean(settings: Settings) -> Cohort:
    """Return the cohort without data bugs."""
    s = settings
    world = sample_world(
        s.effect, s.patients, s.cells, s.confound, s.seed,
        do=s.intervention, mnar=s.mnar, ood=s.ood, more_c=s.more_c, images_only=s.images_only,
    )  # fmt: skip
    bars = scale_bars(world.patients.y, s.shortcut, s.seed)
    return _cohort(settings, world, cached_arrays(f"apl-sim-{s.key}", lambda: _photographs(s, world, bars)))


def _photographs(s: Settings, world: World, bars: NDArray[np.bool_]) -> dict[str, NDArray]:
    return render(world.cells, world.photographed, s.image_size, s.seed, scale_bar=bars, unknown_scale=s.unknown_scale)


def _cohort(settings: Settings, world: World, photographs: Mapping[str, NDArray]) -> Cohort:
    y, seed = world.patients.y, settings.seed
    traits = _traits(settings, world)
    n, per_bag = world.cells.leukaemic.shape
    bags = ImageBags(
        pixels=photographs["pixels"],
        starts=np.arange(n + 1, dtype=np.int64) * per_bag,
        cell_type=traits["rater_1"].to_numpy(dtype=str) if settings.raters else world.cells.cell_type.ravel(),
    )
    table = clinical.clinical_table(world.observed)
    patient = _ids(settings)
    columns = gene_columns(len(world.genes.names), seed)
    return Cohort(
        name="apl-sim",
        classes=tables.CLASSES,
        y=_written(settings, y),
        specimen=np.char.add(patient, "-S1"),
        patient=patient,
        domain=world.patients.domain,
        provenance=Provenance("generated", settings.version, CARD.licence, generated=True),
        present=presence(n, bags, world.genes_measured, table),
        images=bags,
        genes=world.expression[:, columns],
        gene_names=tuple(np.array(world.genes.names)[columns].tolist()),
        gene_sets=world.genes.sets if settings.gene_sets else {},
        clinical=table,
        units=clinical.UNITS,
        truth=Truth(
            posterior=world.posterior,
            y=y if settings.label_noise else None,
            traits=traits,
            evidence=world.evidence,
            signal_genes=world.genes.signal,
            signal_pathways=world.genes.signal_sets if settings.gene_sets else (),
            masks=ComponentMasks(photographs["components"]),
        ),
        era=sampled_era(y, seed) if settings.era else None,
        unseen=_named(world.patients.kind) if settings.ood else None,
        image_facts=None if settings.unknown_scale else traits[["um_per_px"]],
    )


def _ids(settings: Settings) -> NDArray[np.str_]:
    odd = [f"OOD{k:05d}" for k in range(len(UNSEEN) * settings.ood)]
    return np.array([*(f"P{k:05d}" for k in range(settings.patients + settings.more_c)), *odd])


def _named(kind: NDArray[np.int64]) -> NDArray[np.str_]:
    """Return the kind of patients who are of none of the classes, "" of all others, str (n,)."""
    return np.array(["" for _ in tables.CLASSES] + list(UNSEEN))[kind]


def _written(settings: Settings, y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels with noise; every class has to keep one."""
    labels = noisy_labels(y, settings.label_noise, settings.seed)
    lost = [name for k, name in enumerate(tables.CLASSES) if k not in labels]
    if lost:
        raise ValueError(
            f"apl-sim: label_noise={settings.label_noise} leaves no patient called {', '.join(lost)} among "
            f"patients={settings.patients}; ask for more patients, less noise or another seed"
        )
    return labels


def _traits(settings: Settings, world: World) -> pd.DataFrame:
    """Return the latent traits with the pixel size of each image and, with raters, what they said."""
    scale = um_per_px(world.photographed, settings.image_size, settings.seed, unknown_scale=settings.unknown_scale)
    traits = world.cells.frame().assign(um_per_px=np.repeat(scale, settings.cells))
    return pd.concat([traits, rated(world.cells.cell_type, settings.seed)], axis=1) if settings.raters else traits
