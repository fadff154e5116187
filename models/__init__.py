"""Torch entries by name; adding a model is one file and one line here."""

MODELS = {
    "cnn-spatial-attention": "models.cnn_spatial_attention:CnnSpatialAttention",
    "fusion-cnn-attention": "models.fusion_cnn_attention:FusionCnnAttention",
    "fusion-vit": "models.fusion_vit:FusionVit",
    "fusion-transformer": "models.fusion_transformer:FusionTransformer",
    "fusion-gnn": "models.fusion_gnn:FusionGnn",
}
