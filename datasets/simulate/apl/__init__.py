"""Generate patients with subtypes of acute promyelocytic leukaemia."""

from datasets.simulate.apl import clinical
from datasets.simulate.apl.difficulty import difficulty_table
from datasets.simulate.apl.dirt import choose_bugs, list_bugs, with_bugs
from datasets.simulate.apl.eras import sampled_era
from datasets.simulate.apl.evidence import log_ratio
from datasets.simulate.apl.information import information_map
from datasets.simulate.apl.label_noise import noisy_labels
from datasets.simulate.apl.oracle import modality_information
from datasets.simulate.apl.patients import largest_remainder
from datasets.simulate.apl.raters import rated
from datasets.simulate.apl.settings import PRESETS, SIZES, Settings
from datasets.simulate.apl.shortcut import scale_bars
from datasets.simulate.apl.unseen_tables import UNSEEN
from datasets.simulate.apl.world import World, sample_world

__all__ = [
    "PRESETS",
    "SIZES",
    "UNSEEN",
    "Settings",
    "World",
    "choose_bugs",
    "clinical",
    "difficulty_table",
    "information_map",
    "largest_remainder",
    "list_bugs",
    "log_ratio",
    "modality_information",
    "noisy_labels",
    "rated",
    "sample_world",
    "sampled_era",
    "scale_bars",
    "with_bugs",
]
