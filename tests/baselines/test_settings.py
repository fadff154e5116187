"""What a part is set to where nobody says otherwise, and what tuning may try: names in published boards mean these."""

from importlib import import_module

import pytest

# Part -> defaults, and setting -> (low, high), (low, high, "log") or choices.
PRETRAINED = {"side": 128, "architecture": "tf_efficientnet_lite0", "weights": "", "sha256": ""}
BOOSTING = {"learning_rate": 0.1, "subsample": 1.0, "colsample_bytree": 0.5, "reg_lambda": 1.0, "n_estimators": 500}
BOOSTED = {
    "learning_rate": (0.01, 0.3, "log"),
    "subsample": (0.5, 1.0),
    "colsample_bytree": (0.1, 1.0),
    "reg_lambda": (0.1, 100, "log"),
}
TREES = {"max_features": ["sqrt", "log2", 0.2], "min_samples_leaf": (1, 10)}
STAGES = {"stages": ["b1", "b2", "b3", "b2b4"]}
SCALING = {"block_scaling": [False, True]}
PARTS = {
    "baselines.views.clinical:ClinicalColumns": ({}, {}),
    "baselines.views.genes:AllGenes": ({}, {}),
    "baselines.views.f_test_genes:FTestGenes": ({"n_genes": 100}, {"n_genes": (10, 1000, "log")}),
    "baselines.views.gene_set_means:GeneSetMeans": ({}, {}),
    "baselines.views.gene_components:GeneComponents": ({"n_components": 20}, {"n_components": (5, 100, "log")}),
    "baselines.views.cells:HandcraftedCells": (
        {"statistics": "quantiles"},
        {"statistics": ["mean", "mean-sd", "quantiles"]},
    ),
    "baselines.views.single_cells:SingleCells": ({}, {}),
    "baselines.views.pretrained_cells:PretrainedCells": (
        {"statistics": "mean", "stages": "b3", **PRETRAINED},
        {"statistics": ["mean", "mean-sd"], **STAGES},
    ),
    "baselines.views.pretrained_single_cells:PretrainedSingleCells": ({"stages": "b3", **PRETRAINED}, STAGES),
    "baselines.views.differential:Differential": ({}, {}),
    "baselines.learners.logistic:Logistic": (
        {"C": "chosen", "block_scaling": True},
        {"C": (1e-4, 100, "log"), **SCALING},
    ),
    "baselines.learners.elastic_net:ElasticNet": (
        {"C": "chosen", "l1_ratio": 0.5, "block_scaling": False},
        {"C": (0.003, 10, "log"), "l1_ratio": (0.1, 1.0), **SCALING},
    ),
    "baselines.learners.lda:ShrinkageLda": ({"class_prior": "train"}, {}),
    "baselines.learners.naive_bayes:NaiveBayes": (
        {"pooling": 30.0, "smoothing": 5.0, "class_prior": "train"},
        {"pooling": (1, 100, "log"), "smoothing": (0.5, 10, "log")},
    ),
    "baselines.learners.nearest_centroid:NearestCentroid": ({"threshold": "chosen"}, {"threshold": (0, 5)}),
    "baselines.learners.svm_rbf:SvmRbf": (
        {"C": 1.0, "gamma": 1.0, "block_scaling": True},
        {"C": (0.01, 100, "log"), "gamma": (0.01, 10, "log"), **SCALING},
    ),
    "baselines.learners.forest:Forest": ({"n_estimators": 500, "max_features": "sqrt", "min_samples_leaf": 1}, TREES),
    "baselines.learners.extra_trees:ExtraTrees": (
        {"n_estimators": 500, "max_features": "sqrt", "min_samples_leaf": 2},
        TREES,
    ),
    "baselines.learners.boosted_trees:BoostedTrees": (
        {**BOOSTING, "max_depth": 6, "min_child_weight": 1.0, "patience": 50},
        {**BOOSTED, "max_depth": (2, 8), "min_child_weight": (0.5, 10, "log")},
    ),
    "baselines.learners.light_gbm:LightGbm": (
        {**BOOSTING, "num_leaves": 31, "min_child_samples": 5, "patience": 50},
        {**BOOSTED, "num_leaves": (4, 63, "log"), "min_child_samples": (2, 20, "log")},
    ),
    "baselines.combiners.early:Early": ({"calibrate": True}, {}),
    "baselines.combiners.late_mean:LateMean": ({"calibrate": True}, {}),
    "baselines.combiners.product:Product": ({"calibrate": True}, {"calibrate": [True, False]}),
    "baselines.combiners.stacking:Stacking": ({"C": 0.3}, {"C": (0.001, 10, "log")}),
}
KEPT = {"HandcraftedCells", "SingleCells", "PretrainedCells", "PretrainedSingleCells"}


class Asked:
    """A trial that answers with what it was asked."""

    def suggest_float(self, name, low, high, log=False):
        return (name, low, high, *(["log"] if log else []))

    suggest_int = suggest_float

    def suggest_categorical(self, name, choices):
        return (name, *choices)


@pytest.mark.parametrize("part", PARTS)
def test_defaults_and_spaces_are_those_of_the_boards(part):
    module, _, name = part.partition(":")
    build = getattr(import_module(module), name)
    defaults, space = PARTS[part]
    assert vars(build()) == defaults
    assert import_module(module).search_space(Asked()) == {key: (key, *asked) for key, asked in space.items()}
    told = {what for what in ("kept_features", "required", "reads_labels") if getattr(build, what, False)}
    mean = {"kept_features": name in KEPT, "required": name == "Differential", "reads_labels": name == "FTestGenes"}
    assert told == {what for what, holds in mean.items() if holds}
