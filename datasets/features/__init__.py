"""What a network that was trained elsewhere says of images of cells: computed once, learned from none of them."""

from datasets.features.pretrained_maps import packaged_blocks, packaged_maps
from datasets.features.pretrained_means import pretrained_means
from datasets.features.pretrained_regions import region_features, region_maps
from datasets.features.pretrained_weights import Source

__all__ = ["Source", "packaged_blocks", "packaged_maps", "pretrained_means", "region_features", "region_maps"]
