"""Torch entries by name; adding a model is one file and one line here."""

MODELS = {
    "cnn-spatial-attention": "models.network.cnn_spatial_attention:CnnSpatialAttention",
    "fusion-cnn-attention": "models.network.fusion_cnn_attention:FusionCnnAttention",
    "fusion-vit": "models.network.fusion_vit:FusionVit",
    "fusion-transformer": "models.network.fusion_transformer:FusionTransformer",
    "fusion-gnn": "models.network.fusion_gnn:FusionGnn",
}
