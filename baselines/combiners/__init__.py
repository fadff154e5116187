"""How tables of several modalities become one prediction: parts of the slot ``combiner``."""

PARTS = {
    "early": "baselines.combiners.early:Early",
    "late-mean": "baselines.combiners.late_mean:LateMean",
    "product": "baselines.combiners.product:Product",
    "stacking": "baselines.combiners.stacking:Stacking",
}
