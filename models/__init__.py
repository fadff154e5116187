"""Torch entries: recipes over one network (``recipes.toml``), and the rooms where their parts are."""

# Whole models that are no recipe, by name.
MODELS: dict[str, str] = {}

# The class that puts parts together, and whose settings it takes.
SKELETON = {
    "entry": "models.network.network_entry:NetworkEntry",
    "training": "models.training.training:TrainingSettings",
}

# What a recipe chooses, in the order in which it is printed, and where the choices are.
SLOTS = {
    "cells": "models.images:PARTS",
    "pooling": "models.pooling:PARTS",
    "genes": "models.genes:PARTS",
    "clinical": "models.clinical:PARTS",
    "fusion": "models.fusion:PARTS",
}

# Slots that read a modality; each may be "none".
READS = {"cells": "images", "genes": "genes", "clinical": "clinical"}

# Slots that mean something only where another is filled; each may be "none".
WITHIN = {"pooling": "cells"}

# Settings of the training that mean something only where a slot is filled.
SETTINGS_WITHIN = {"cells_per_bag": "cells", "max_eval_cells": "cells", "stain_jitter": "cells"}

# Slots whose place another one takes where they are empty.
OTHERWISE: dict[str, str] = {}
