"""Datasets by name: each value is "module:function", a loader that returns a Cohort."""

DATASETS = {
    "apl-sim": "datasets.apl_sim:load",
    "apl-jhu": "datasets.apl_jhu:load",
    "apl-labs": "datasets.apl_labs:load",
}
