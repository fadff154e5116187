"""Tables made of one modality: parts of the slots ``clinical``, ``genes`` and ``cells``."""

CLINICAL = {
    "columns": "baselines.views.clinical:ClinicalColumns",
}

GENES = {
    "all": "baselines.views.genes:AllGenes",
    "f-test": "baselines.views.f_test_genes:FTestGenes",
    "set-means": "baselines.views.gene_set_means:GeneSetMeans",
    "pca": "baselines.views.gene_components:GeneComponents",
}

CELLS = {
    "handcrafted": "baselines.views.cells:HandcraftedCells",
    "single-cells": "baselines.views.single_cells:SingleCells",
    "pretrained": "baselines.views.pretrained_cells:PretrainedCells",
    "pretrained-single-cells": "baselines.views.pretrained_single_cells:PretrainedSingleCells",
    "differential": "baselines.views.differential:Differential",
}
