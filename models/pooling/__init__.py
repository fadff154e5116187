"""From the cells of a bag to one vector: parts of the slot ``pooling``; "none" keeps every cell."""

PARTS = {
    "gated-attention": "models.pooling.gated:GatedPooling",
    "mean": "models.pooling.mean:Mean",
    "transmil": "models.pooling.transmil:TransMil",
}
