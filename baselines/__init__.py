"""Entries without a training loop of ours: rules, controls, and recipes of classic learning (``recipes.toml``)."""

# Whole entries that are no recipe, by name.
BASELINES = {
    "prior": "baselines.controls.prior:Prior",
    "missingness-only": "baselines.controls.missingness_only:MissingnessOnly",
    "border-only": "baselines.controls.border_only:BorderOnly",
    "background-only": "baselines.controls.background_only:BackgroundOnly",
    "site-only": "baselines.controls.site_only:SiteOnly",
    "rules-apl": "baselines.rules.apl:RulesApl",
    "rules-apl-knows-generator": "baselines.rules.apl_knows_generator:RulesAplKnowsGenerator",
    "rules-hematopoiesis": "baselines.rules.hematopoiesis:RulesHematopoiesis",
    "rules-mito": "baselines.rules.mito:RulesMito",
}

# The class that puts parts together, and whose settings it takes.
SKELETON = {"entry": "baselines.classic.classic_entry:ClassicEntry"}

# What a recipe chooses, in the order in which it is printed, and where the choices are.
SLOTS = {
    "clinical": "baselines.views:CLINICAL",
    "genes": "baselines.views:GENES",
    "cells": "baselines.views:CELLS",
    "blocks": "baselines.learners:PARTS",
    "blocks_clinical": "baselines.learners:PARTS",
    "blocks_genes": "baselines.learners:PARTS",
    "blocks_cells": "baselines.learners:PARTS",
    "combiner": "baselines.combiners:PARTS",
}

# Slots that read a modality; each may be "none".
READS = {"clinical": "clinical", "genes": "genes", "cells": "images"}

# Slots that mean something only where another is filled; each may be "none".
WITHIN = {"blocks_clinical": "clinical", "blocks_genes": "genes", "blocks_cells": "cells"}

# Settings of the skeleton that mean something only where a slot is filled.
SETTINGS_WITHIN: dict[str, str] = {}

# Slots whose place another one takes where they are empty.
OTHERWISE = {"blocks_clinical": "blocks", "blocks_genes": "blocks", "blocks_cells": "blocks"}
