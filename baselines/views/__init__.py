"""Tables made of one modality: parts of the slots ``clinical``, ``genes`` and ``cells``."""

CLINICAL = {
    "columns": "baselines.views.clinical:ClinicalColumns",
}

GENES = {
    "all": "baselines.views.genes:AllGenes",
}

CELLS = {
    "handcrafted": "baselines.views.cells:HandcraftedCells",
    "differential": "baselines.views.differential:Differential",
}
