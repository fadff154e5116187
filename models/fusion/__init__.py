"""From the tokens of all modalities to logits: parts of the slot ``fusion``."""

PARTS = {
    "attention": "models.fusion.attention:Attention",
    "transformer": "models.fusion.transformer:Transformer",
    "graph": "models.fusion.graph:PatientGraph",
    "product-of-experts": "models.fusion.product:ProductOfExperts",
    "late-mean": "models.fusion.late:LateMean",
}
