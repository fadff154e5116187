"""Torch entries: recipes over one network (``recipes.toml``), and the rooms where their parts are."""

MODELS: dict[str, str] = {}
"""Whole models that are no recipe, by name."""

SKELETON = {
    "entry": "models.network.network_entry:NetworkEntry",
    "training": "models.training.training:TrainingSettings",
}
"""The class that puts parts together, and whose settings it takes."""

SLOTS = {
    "cells": "models.images:PARTS",
    "pooling": "models.pooling:PARTS",
    "genes": "models.genes:PARTS",
    "clinical": "models.clinical:PARTS",
    "fusion": "models.fusion:PARTS",
}
"""What a recipe chooses, in the order in which it is printed, and where the choices are."""

READS = {"cells": "images", "genes": "genes", "clinical": "clinical"}
"""Slots that read a modality; each may be "none"."""

WITHIN = {"pooling": "cells"}
"""Slots that mean something only where another is filled; each may be "none"."""
