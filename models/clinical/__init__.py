"""Encoders of clinical values: parts of the slot ``clinical``."""

PARTS = {
    "mlp": "models.clinical.mlp:ClinicalMlp",
    "tokens": "models.clinical.tokens:ClinicalTokens",
}
