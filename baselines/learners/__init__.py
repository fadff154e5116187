"""Learners on a table of features: parts of the slots ``blocks`` and ``blocks_...``."""

PARTS = {
    "logistic": "baselines.learners.logistic:Logistic",
    "elastic-net": "baselines.learners.elastic_net:ElasticNet",
    "lda": "baselines.learners.lda:ShrinkageLda",
    "naive-bayes": "baselines.learners.naive_bayes:NaiveBayes",
    "nearest-centroid": "baselines.learners.nearest_centroid:NearestCentroid",
    "svm-rbf": "baselines.learners.svm_rbf:SvmRbf",
    "forest": "baselines.learners.forest:Forest",
    "extra-trees": "baselines.learners.extra_trees:ExtraTrees",
    "boosted-trees": "baselines.learners.boosted_trees:BoostedTrees",
    "lightgbm": "baselines.learners.light_gbm:LightGbm",
}
