"""How hard the generated task is: balanced accuracy of the Bayes posterior by effect scale and by what is seen.

The setting is that of the design's table, not of a cohort: balanced classes, every cell leukaemic, clinical values
missing at the rates of an average site and no site without them, 35 % without expression, the 3' part of the RARG
fusion and WT1 measured, bleeding not recorded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from datasets.cache import cached_arrays
from datasets.simulate.apl import clinical, expression, oracle
from datasets.simulate.apl.patients import sample_variant
from datasets.simulate.apl.settings import generator_hash
from datasets.simulate.apl.traits import sample_traits, trait_model
from datasets.simulate.shared import CLASSES, Stream, clinical_log_likelihood, generator

Floats = NDArray[np.float64]
SEEN = ("1 cell", "8 cells", "24 cells", "100 cells", "clinical", "genes", "clinical+24", "genes+24", "all")
DESIGN: Mapping[float, tuple[float, ...]] = {  # effect scale -> the design's values, in the order of SEEN
    0.6: (0.333, 0.450, 0.508, 0.551, 0.458, 0.395, 0.623, 0.601, 0.691),
    0.8: (0.373, 0.540, 0.601, 0.656, 0.540, 0.454, 0.741, 0.706, 0.815),
    1.0: (0.425, 0.636, 0.704, 0.748, 0.632, 0.514, 0.846, 0.803, 0.897),
    1.3: (0.496, 0.738, 0.813, 0.853, 0.748, 0.584, 0.933, 0.898, 0.962),
}
_CELLS = (1, 8, 24, 100)
_GENES_MISSING = 0.35
_BATCH = 4000
_BALANCED = np.full(len(CLASSES), 1 / len(CLASSES))


def difficulty_table(effects: Sequence[float] = (1.0,), patients: int = 20_000, seed: int = 0) -> pd.DataFrame:
    """Return the table by Monte Carlo, computed once and cached; one row an effect scale and a thing that is seen.

    Columns: ``effect``, ``seen``, ``balanced_accuracy``, ``standard_error`` of the simulation, and ``design``,
    the value that the design published (NaN where it has none).

    Args:
        effects: Scales of the class differences.
        patients: Simulated for each scale; 20,000 give a standard error of at most 0.004.
        seed: Same seed, same figures.

    Raises:
        ValueError: If there are fewer patients than classes.
    """
    if patients < len(CLASSES):
        raise ValueError(f"difficulty_table: patients={patients} is out of range; choose {len(CLASSES)} or more")
    parts = []
    for effect in effects:
        known = cached_arrays(_key(effect, patients, seed), partial(_simulated, effect, patients, seed))
        columns = {"seen": SEEN, "balanced_accuracy": known["value"], "standard_error": known["error"]}
        design = DESIGN.get(effect, (np.nan,) * len(SEEN))
        parts.append(pd.DataFrame({"effect": effect, **columns, "design": design}))
    return pd.concat(parts, ignore_index=True)


def effect_for(target: float, seen: str = "all", patients: int = 5000, seed: int = 0) -> float:
    """Return the effect scale whose oracle has the balanced accuracy ``target``, to 0.005, by bisection.

    Args:
        target: Balanced accuracy. At scale 0 it is above chance: how often the microgranular variant occurs, and
            how far values spread, differ between classes and are not scaled.
        seen: One of ``SEEN``.
        patients: Simulated at each step; the same ones, so that accuracy rises smoothly with the scale.
        seed: Same seed, same answer.

    Raises:
        ValueError: If ``seen`` is unknown or no scale from 0 to 4 has the target.
    """
    if seen not in SEEN:
        raise ValueError(f"effect_for: unknown seen={seen!r}; choose one of {', '.join(SEEN)}")
    low, high = 0.0, 4.0
    least, most = (_accuracy(effect, seen, patients, seed) for effect in (low, high))
    if not least <= target <= most:
        raise ValueError(f"effect_for: target={target} is out of range; choose {least:.3f} to {most:.3f}")
    while high - low > 0.005:
        middle = (low + high) / 2
        below = _accuracy(middle, seen, patients, seed) < target
        low, high = (middle, high) if below else (low, middle)
    return (low + high) / 2


def _accuracy(effect: float, seen: str, patients: int, seed: int) -> float:
    return float(_simulated(effect, patients, seed)["value"][SEEN.index(seen)])


def _key(effect: float, patients: int, seed: int) -> str:
    said = f"{effect} {patients} {seed} {generator_hash()} {np.__version__} {scipy.__version__}"
    return f"apl-sim-difficulty-{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def _simulated(effect: float, patients: int, seed: int) -> dict[str, Floats]:
    """Return ``value`` and ``error`` of each thing in ``SEEN``, float64 (9,)."""
    y = np.arange(patients) % len(CLASSES)
    batches = [
        _called(effect, y[start : start + _BATCH], seed + k) for k, start in enumerate(range(0, patients, _BATCH))
    ]
    right = np.concatenate(batches, axis=1) == y
    recall = np.stack([right[:, y == c].mean(axis=1) for c in range(len(CLASSES))])
    variance = recall * (1 - recall) / np.bincount(y)[:, None]
    return {"value": recall.mean(axis=0), "error": np.sqrt(variance.sum(axis=0)) / len(CLASSES)}


def _called(effect: float, y: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return the class that the posterior calls from each thing in ``SEEN``, int64 (9, n)."""
    variant = sample_variant(y, seed)
    one, eight, some, many = _from_cells(effect, y, variant, seed)
    labs, genes = _from_clinical(effect, y, variant, seed), _from_genes(effect, y, seed)
    seen = (one, eight, some, many, labs, genes, labs + some, genes + some, labs + genes + some)
    return np.stack([oracle.posterior(part, _BALANCED).argmax(axis=1) for part in seen])


def _from_cells(effect: float, y: NDArray[np.int64], variant: NDArray[np.int64], seed: int) -> list[Floats]:
    model = trait_model(effect)
    traits = sample_traits(model, y, variant, max(_CELLS), seed)
    first = [{name: values[:, :k] for name, values in traits.items()} for k in _CELLS]
    return [oracle.trait_log_likelihood(model, t, np.ones(t["auer"].shape, bool)) for t in first]


def _from_clinical(effect: float, y: NDArray[np.int64], variant: NDArray[np.int64], seed: int) -> Floats:
    labs = clinical.clinical_model(effect)
    complete = clinical.sample_clinical(labs, y, variant, seed)
    observed = complete.mask(clinical.missing_at_random(list(complete.columns), np.ones(len(y)), seed))
    return clinical_log_likelihood(labs, observed.assign(bleeding=np.nan), len(CLASSES))


def _from_genes(effect: float, y: NDArray[np.int64], seed: int) -> Floats:
    model = expression.gene_model(effect, seed, n_genes=100, quasi_label=True)
    measured = generator(seed, Stream.GENE_MISSING).random(len(y)) >= _GENES_MISSING
    return oracle.gene_log_likelihood(model, expression.sample_signal(model, y, seed), measured)
