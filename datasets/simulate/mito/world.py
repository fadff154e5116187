"""Everything about the cohort of six diseases but its pictures, and the oracle's answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from datasets.simulate.apl import log_ratio
from datasets.simulate.drawing import Cells
from datasets.simulate.mito import clinical as labs
from datasets.simulate.mito import expression as expression
from datasets.simulate.mito import oracle as oracle
from datasets.simulate.mito.cells import drawn_cells
from datasets.simulate.mito.patients import MitoPatients, sample_patients
from datasets.simulate.mito.tables import CLASSES, MARROW_COUNT, PRIOR
from datasets.simulate.mito.traits import BLAST, MitoCells, MitoTraits, sample_mito_cells, trait_model
from datasets.simulate.shared import Stream, clinical_log_likelihood, patient_uniforms

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MitoWorld:
    """Hold a cohort before it is photographed.

    Attributes:
        patients: Class, site and age group.
        latent: Kind and traits of every cell, (n, cells).
        complete: Clinical values without gaps, definitional ones included.
        observed: Clinical values that are shown, NaN where not measured.
        genes: Names, loadings, pathways.
        modules: Latent module scores, float64 (n, n_modules).
        expression: log2 CPM before any is missing, float64 (n, n_genes).
        genes_measured: bool (n,).
        posterior: Modality subset -> p(class | data), float64 (n, n_classes).
        evidence: |log-likelihood ratio| of each cell's traits for its patient's class, one row a cell.
    """

    patients: MitoPatients
    latent: MitoCells
    complete: pd.DataFrame
    observed: pd.DataFrame
    genes: expression.MitoGenes
    modules: Floats
    expression: Floats
    genes_measured: NDArray[np.bool_]
    posterior: dict[str, Floats]
    evidence: pd.DataFrame

    @property
    def cells(self) -> Cells:
        """Return what the renderer draws, (n, cells)."""
        return drawn_cells(self.latent, self.patients.y)


def sample_mito_world(
    effect: float, n: int, cells: int, confound: float, seed: int, *, definitional: bool = False
) -> MitoWorld:
    """Return ``n`` patients with ``cells`` cells each and the exact posterior of their class.

    Args:
        effect: Scale of the class differences.
        n: Number of patients.
        cells: Of each patient.
        confound: How far the class fixes the site, 0 to 1.
        seed: Seed of the cohort.
        definitional: Whether blasts of the marrow and lymphocytes of the blood, in %, are shown.
    """
    patients = sample_patients(n, confound, seed)
    model, clinical = trait_model(effect), labs.clinical_model(effect)
    latent, blast_fraction = sample_mito_cells(model, patients.y, cells, seed)
    complete = labs.sample_clinical(clinical, patients.y, patients.adult, seed)
    complete = complete.assign(**_definitional(effect, patients, blast_fraction, len(clinical), seed))
    observed = labs.observed_clinical(complete, patients, seed)
    observed = observed if definitional else observed.drop(columns=list(labs.DEFINITIONAL))
    genes = expression.gene_model(effect, seed)
    modules = expression.sample_modules(genes, patients.y, seed)
    values = expression.sample_expression(genes, modules, patients.site, seed)
    measured = expression.genes_measured(patients.site, seed)
    posterior = _posteriors(
        effect, model, latent, observed,
        expression.gene_log_likelihood(genes, values, patients.site, measured),
    )  # fmt: skip
    evidence = _evidence(model, latent, patients.y)
    return MitoWorld(
        patients, latent, complete, observed, genes, modules, values, measured, posterior, evidence
    )  # fmt: skip


def _definitional(
    effect: float, patients: MitoPatients, blast_fraction: Floats, drawn: int, seed: int
) -> dict[str, Floats]:
    """Return blasts in % of a marrow differential and lymphocytes in % of the blood's white cells, (n,) each."""
    chance = patient_uniforms(seed, Stream.CLINICAL, len(patients), (drawn + 2,))[:, drawn:]
    counted = stats.binom.ppf(chance[:, 0], MARROW_COUNT, blast_fraction)
    lymphocytes = labs.blood_lymphocytes(effect).quantile(chance[:, 1], patients.y, patients.adult)
    return {"blasts": counted * (100 / MARROW_COUNT), "lymphocytes": lymphocytes}


def _posteriors(
    effect: float, model: MitoTraits, latent: MitoCells, observed: pd.DataFrame, genes: Floats
) -> dict[str, Floats]:
    clinical = clinical_log_likelihood(labs.clinical_model(effect), observed, len(CLASSES))
    blasts, others = oracle.kind_log_likelihoods(model, latent)
    after_count = blasts
    if "blasts" in observed:
        clinical += clinical_log_likelihood({"lymphocytes": labs.blood_lymphocytes(effect)}, observed, len(CLASSES))
        told, after_count = _marrow(model, latent, observed["blasts"].to_numpy(), blasts)
        clinical += told[:, :, None]
    images = others + np.sum(list(oracle.trait_log_likelihoods(model, latent).values()), axis=0)
    parts = {"images": images, "genes": genes, "clinical": oracle.over_age_groups(clinical)}
    return oracle.subset_posteriors(parts, blasts, after_count)


def _marrow(model: MitoTraits, latent: MitoCells, percent: Floats, blasts: Floats) -> tuple[Floats, Floats]:
    """Return log p(marrow differential | class), and log p(blasts among the images | class, that differential)."""
    seen = ~np.isnan(percent)
    known = np.rint(np.where(seen, percent, 0) * (MARROW_COUNT / 100)).astype(np.int64)
    told = oracle.blast_log_likelihood(model, known, np.full(len(known), MARROW_COUNT))
    pictured = (latent.kind == BLAST).sum(axis=1)
    after = oracle.blast_log_likelihood(model, pictured, np.full(len(known), latent.kind.shape[1]), known)
    return told * seen[:, None], np.where(seen[:, None], after, blasts)


def _evidence(model: MitoTraits, latent: MitoCells, y: NDArray[np.int64]) -> pd.DataFrame:
    """Return |log p(t | y) - log of its mean over the other classes| of every cell taken alone, bag after bag."""
    alone = MitoCells(
        **{name: getattr(latent, name).reshape(-1, 1) for name in ("kind", "nucleus", "auer", "nucleoli")},
        gaussian=latent.gaussian.reshape(len(latent.gaussian), -1, 1),
    )
    each = oracle.trait_log_likelihoods(model, alone)
    each["cell_type"] = np.log(model.fractions).T[alone.kind[:, 0]]
    owner = np.repeat(y, latent.kind.shape[1])
    ratios = {name: np.abs(log_ratio(part, owner, PRIOR)) for name, part in each.items()}
    return pd.DataFrame({**ratios, "bleb": 0.0})
