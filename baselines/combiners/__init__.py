"""How tables of several modalities become one prediction: parts of the slot ``combiner``."""

PARTS = {
    "early": "baselines.combiners.early:Early",
}
