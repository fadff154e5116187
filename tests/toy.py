"""Small cohorts with a planted signal, made in milliseconds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.cohort import Cohort, ImageBags, Provenance, presence


def toy_cohort(
    *,
    n: int = 60,
    n_classes: int = 3,
    seed: int = 0,
    images: bool = True,
    genes: bool = True,
    clinical: bool = True,
    signal: float = 2.0,
    side: int = 32,
    missing: float = 0.1,
    domains: tuple[str, ...] = ("A", "B"),
) -> Cohort:
    """Return n patients, one specimen each; every modality that is asked for carries ``signal``."""
    rng = np.random.default_rng(seed)
    y = np.arange(n, dtype=np.int64) % n_classes
    bags = _bags(rng, y, signal, side, missing) if images else None
    gene_rows = rng.random(n) >= missing
    values = rng.normal(size=(n, 12)) + signal * (np.arange(12) % n_classes == y[:, None])
    matrix = np.where(gene_rows[:, None], values, 0).astype(np.float32) if genes else None
    table = _clinical(rng, y, signal, missing) if clinical else None
    return Cohort(
        name="toy",
        classes=tuple(f"class-{k}" for k in range(n_classes)),
        y=y,
        specimen=np.array([f"S{i:03d}" for i in range(n)]),
        patient=np.array([f"P{i:03d}" for i in range(n)]),
        domain=np.array(domains)[(np.arange(n) // n_classes) % len(domains)],
        provenance=Provenance("toy", str(seed), "none", generated=True),
        present=presence(n, bags, gene_rows if genes else None, table),
        images=bags,
        genes=matrix,
        gene_names=tuple(f"G{j}" for j in range(12)) if genes else (),
        gene_sets={"first": ("G0", "G1", "G2"), "second": ("G3", "G4")} if genes else {},
        clinical=table,
        units={"age": "years", "wbc": "10^9/L"} if clinical else {},
    )


def _bags(rng: np.random.Generator, y: np.ndarray, signal: float, side: int, missing: float) -> ImageBags:
    sizes = np.where(rng.random(len(y)) < missing, 0, rng.integers(1, 5, len(y)))
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    owner = np.repeat(y, sizes)
    pixels = rng.normal(128, 10, (len(owner), side, side, 3))
    pixels[np.arange(len(owner)), :, :, owner % 3] += 15 * signal
    kinds = np.array(["Blast", "Lymphocyte"])[rng.integers(0, 2, len(owner))]
    return ImageBags(pixels.clip(0, 255).astype(np.uint8), starts, None, kinds)


def _clinical(rng: np.random.Generator, y: np.ndarray, signal: float, missing: float) -> pd.DataFrame:
    n = len(y)
    age = rng.normal(50, 10, n)
    age[rng.random(n) < missing] = np.nan
    wbc = np.exp(rng.normal(0, 1, n) + signal * y)
    sex = pd.Categorical.from_codes(rng.integers(0, 2, n), ["female", "male"])
    table = pd.DataFrame({"age": age, "wbc": wbc, "sex": sex})
    table.loc[rng.random(n) < missing / 2, :] = np.nan
    return table
