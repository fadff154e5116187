"""Encoders of genes: parts of the slot ``genes``."""

PARTS = {
    "mlp": "models.genes.mlp:GeneMlp",
    "set-means": "models.genes.set_means:SetMeans",
    "set-tokens": "models.genes.set_tokens:SetTokens",
    "graph": "models.genes.graph:GeneGraph",
    "gat": "models.genes.gat:GeneGat",
    "autoencoder": "models.genes.autoencoder:GeneAutoencoder",
}
