"""From the tokens of all modalities to one vector a specimen: parts of the slot ``fusion``."""

PARTS = {
    "attention": "models.fusion.attention:Attention",
    "transformer": "models.fusion.transformer:Transformer",
}
