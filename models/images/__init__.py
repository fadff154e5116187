"""Encoders of one image of a cell: parts of the slot ``cells``."""

PARTS = {
    "cnn-attention": "models.images.cnn_attention:CnnAttention",
    "vit-tiny": "models.images.vit_tiny:VitTiny",
    "pretrained-attention": "models.images.pretrained_attention:PretrainedAttention",
    "pretrained-vit": "models.images.pretrained_vit:PretrainedVit",
    "pretrained-regions": "models.images.pretrained_regions:PretrainedRegions",
    "pretrained-frozen": "models.images.pretrained:PretrainedFrozen",
    "pretrained-tuned": "models.images.pretrained_tuned:PretrainedTuned",
}
