"""Hold what all generators draw from."""

from datasets.simulate.shared import tables
from datasets.simulate.shared.components import COMPONENTS, ComponentMasks, pack
from datasets.simulate.shared.decision import credit
from datasets.simulate.shared.distributions import (
    Bernoulli,
    ChildOrAdultAge,
    Family,
    LogNormal,
    Normal,
    Percentage,
    normal_log_density,
)
from datasets.simulate.shared.draws import Stream, gene_columns, generator, patient_uniforms
from datasets.simulate.shared.likelihood import clinical_log_likelihood
from datasets.simulate.shared.missingness import coagulation_factor, genes_lost
from datasets.simulate.shared.numeric import real, whole
from datasets.simulate.shared.scaling import scaled
from datasets.simulate.shared.source_hash import source_hash
from datasets.simulate.shared.tables import CLASSES, CONFOUNDED_SITES, MICROGRANULAR, NUCLEUS_SHAPES, PRIOR, SITES

__all__ = [
    "CLASSES",
    "COMPONENTS",
    "CONFOUNDED_SITES",
    "MICROGRANULAR",
    "NUCLEUS_SHAPES",
    "PRIOR",
    "SITES",
    "Bernoulli",
    "ChildOrAdultAge",
    "ComponentMasks",
    "Family",
    "LogNormal",
    "Normal",
    "Percentage",
    "Stream",
    "clinical_log_likelihood",
    "coagulation_factor",
    "credit",
    "gene_columns",
    "generator",
    "genes_lost",
    "normal_log_density",
    "pack",
    "patient_uniforms",
    "real",
    "scaled",
    "source_hash",
    "tables",
    "whole",
]
