"""Encoders of genes: parts of the slot ``genes``."""

PARTS = {
    "mlp": "models.genes.mlp:GeneMlp",
    "set-tokens": "models.genes.set_tokens:SetTokens",
    "graph": "models.genes.graph:GeneGraph",
}
