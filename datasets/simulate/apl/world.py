"""Everything about a generated cohort but its pictures: patients, measurements, cells, and the oracle's answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.simulate.apl import clinical, oracle
from datasets.simulate.apl.evidence import trait_evidence
from datasets.simulate.apl.expression import GeneModel, gene_model, genes_measured, sample_nulls, sample_signal
from datasets.simulate.apl.interventions import Intervention
from datasets.simulate.apl.patients import Patients, sample_patients
from datasets.simulate.apl.traits import sample_traits, trait_model
from datasets.simulate.apl.unseen import (
    leukaemic_fraction,
    sick_cells,
    wide_clinical,
    wide_genes,
    wide_traits,
    with_unseen,
)
from datasets.simulate.drawing import Cells, sample_cells
from datasets.simulate.shared import CLASSES, clinical_log_likelihood, genes_lost


@dataclass(frozen=True)
class World:
    """Hold a cohort before it is photographed.

    Attributes:
        patients: Kind, site and variant; those of none of the classes come last.
        cells: Latent traits of every cell, (n, cells).
        observed: Clinical values, NaN where not measured.
        genes: Names, baselines, pathways.
        signal: Deviations of the signal genes from their baseline, float64 (n, n_signal).
        genes_measured: bool (n,).
        posterior: Modality subset -> p(class | data), float64 (n, n_classes).
        evidence: |log-likelihood ratio| of each cell's traits for its patient's class, one row a cell; 0 without one.
        photographed: Position in ``SITES`` of the microscope each slide is seen through, int64 (n,).
        seed: Seed of the cohort.
    """

    patients: Patients
    cells: Cells
    observed: pd.DataFrame
    genes: GeneModel
    signal: NDArray[np.float64]
    genes_measured: NDArray[np.bool_]
    posterior: dict[str, NDArray[np.float64]]
    evidence: pd.DataFrame
    photographed: NDArray[np.int64]
    seed: int

    @property
    def expression(self) -> NDArray[np.float32]:
        """Return log2 CPM, float32 (n, n_genes); zero where not measured."""
        nulls = sample_nulls(self.genes, len(self.patients), self.seed)
        values = self.genes.baseline + np.concatenate([self.signal, nulls], axis=1)
        return np.where(self.genes_measured[:, None], values, 0).astype(np.float32)


def sample_world(
    effect: float,
    n: int,
    cells: int,
    confound: float,
    seed: int,
    *,
    do: Intervention | None = None,
    mnar: bool = False,
    ood: int = 0,
    more_c: int = 0,
    images_only: float = 0.5,
) -> World:
    """Return ``n`` patients and more with ``cells`` cells each and the exact posterior of their class.

    Args:
        effect: Scale of the class differences.
        n: Number of patients.
        cells: Of each patient.
        confound: How far the class fixes the site, 0 to 1.
        seed: Seed of the cohort.
        do: Sets one trait of all leukaemic cells, or the microscope of all slides; everything else stays.
        mnar: Whether what is missing also depends on how ill the patient is; the posteriors of "genes" and
            "images+genes" are then those of data missing at random, all others stay exact.
        ood: Patients of each unseen kind, after the others, who do not change; their posterior is that of the classes
            given their data, by the same likelihood.
        more_c: Patients of site C besides the ``n``, after them.
        images_only: Share of the patients of site C of whom there are images only.
    """
    of_classes = sample_patients(n, confound, seed, more_c=more_c, images_only=images_only)
    patients = with_unseen(of_classes, ood, seed, images_only)
    labs, marrow = clinical.clinical_model(effect), clinical.marrow_percentage(effect)
    complete = clinical.sample_clinical(wide_clinical(labs), patients.kind, patients.variant, seed)
    observed = clinical.observed_clinical(complete, patients, seed, mnar)
    model = trait_model(effect)
    traits = sample_traits(wide_traits(model), patients.kind, patients.variant, cells, seed)
    traits = traits if do is None else do.on_traits(traits)
    infiltration = leukaemic_fraction(complete, patients.kind, seed)
    drawn = sample_cells(sick_cells(traits, patients.kind), infiltration, seed)
    genes = gene_model(effect, seed)
    signal = sample_signal(wide_genes(genes), patients.kind, seed)
    measured = genes_measured(patients, seed)
    if mnar:
        measured &= ~genes_lost(complete, seed)
    posterior = oracle.subset_posteriors(
        images=oracle.trait_log_likelihood(model, traits, drawn.leukaemic),
        purity=oracle.purity_log_likelihood(marrow, drawn.leukaemic),
        genes=oracle.gene_log_likelihood(genes, signal, measured),
        clinical=clinical_log_likelihood(labs, observed, len(CLASSES)),
        fraction_known=observed["promyelocytes"].notna().to_numpy(),
    )
    evidence = trait_evidence(model, traits, drawn.leukaemic, patients.y)
    photographed = patients.site if do is None else do.on_site(patients.site)
    return World(patients, drawn, observed, genes, signal, measured, posterior, evidence, photographed, seed)
