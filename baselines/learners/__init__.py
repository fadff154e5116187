"""Learners on a table of features: parts of the slot ``blocks``."""

PARTS = {
    "logistic": "baselines.learners.logistic:Logistic",
    "forest": "baselines.learners.forest:Forest",
    "boosted-trees": "baselines.learners.boosted_trees:BoostedTrees",
}
