"""What a part is set to where nobody says otherwise, and what tuning may try: names in published boards mean these."""

from importlib import import_module

import pytest

from models.network.network_entry import NetworkEntry
from models.network.network_entry import search_space as training_space

DROPOUT = {"dropout": (0.0, 0.6)}
MAP = {"block": 3, "side": 128, "width": 192, "dropout": 0.2}
WEIGHTS = {"architecture": "tf_efficientnet_lite0", "weights": "", "sha256": ""}
GRAPH = {"n_genes": 128, "dropout": 0.2, "neighbours": 8, "channels": 4, "layers": 2}
GRAPHS = {**DROPOUT, "n_genes": [64, 128, 256], "neighbours": (4, 16)}
# Part -> defaults; setting -> (low, high), (low, high, "log") or choices; what has to divide what.
PARTS = {
    "models.images.cnn_attention:CnnAttention": ({"width": 16, "norm": "group"}, {"width": [12, 16, 24]}, {}),
    "models.images.vit_tiny:VitTiny": (
        {"patch": 8, "width": 96, "depth": 3, "heads": 4},
        {"depth": (2, 4)},
        {"heads": "width"},
    ),
    "models.images.pretrained_attention:PretrainedAttention": (MAP, DROPOUT, {}),
    "models.images.pretrained_vit:PretrainedVit": (
        {**MAP, "patch": 2, "width": 96, "depth": 2, "heads": 4},
        {"depth": (1, 3), **DROPOUT},
        {"heads": "width"},
    ),
    "models.images.pretrained_regions:PretrainedRegions": (
        {**MAP, **WEIGHTS},
        {"block": [1, 2, 3], **DROPOUT},
        {},
    ),
    "models.images.pretrained:PretrainedFrozen": (
        {"stages": "b3", "side": 128, "width": 192, "dropout": 0.2, **WEIGHTS},
        {"stages": ["b1", "b2", "b3", "b2b4"], **DROPOUT},
        {},
    ),
    "models.images.pretrained_tuned:PretrainedTuned": (
        {"first": 5, "last": 6, "side": 128, "rate": 0.1, "decay": 0.5, "dropout": 0.2},
        {"rate": (0.01, 0.5, "log"), "decay": (0.3, 1.0), **DROPOUT},
        {},
    ),
    "models.pooling.gated:GatedPooling": ({}, {}, {}),
    "models.pooling.mean:Mean": ({}, {}, {}),
    "models.pooling.transmil:TransMil": (
        {"heads": 4, "layers": 2, "dropout": 0.1},
        {"layers": (1, 3), "dropout": (0.0, 0.5)},
        {"heads": "dim"},
    ),
    "models.genes.mlp:GeneMlp": (
        {"n_genes": 64, "choice": "f-test", "dropout": 0.5},
        {"n_genes": [32, 64, 256], "dropout": (0.1, 0.9)},
        {},
    ),
    "models.genes.set_means:SetMeans": ({"n_genes": 64, "dropout": 0.2}, {"n_genes": [32, 64, 256], **DROPOUT}, {}),
    "models.genes.set_tokens:SetTokens": (
        {"n_genes": 64, "dropout": 0.2, "runs": 16},
        {**DROPOUT, "runs": [8, 16, 32]},
        {},
    ),
    "models.genes.graph:GeneGraph": (GRAPH, GRAPHS, {}),
    "models.genes.gat:GeneGat": ({**GRAPH, "heads": 2}, {**GRAPHS, "heads": [1, 2, 4]}, {"heads": "channels"}),
    "models.genes.autoencoder:GeneAutoencoder": (
        {"n_genes": 0, "latent": 20, "steps": 300, "linear": False, "dropout": 0.2},
        {"latent": [8, 20, 50], "linear": [False, True], **DROPOUT},
        {},
    ),
    "models.clinical.mlp:ClinicalMlp": ({}, {}, {}),
    "models.clinical.tokens:ClinicalTokens": ({"runs": 64}, {}, {}),
    "models.fusion.attention:Attention": ({}, {}, {}),
    "models.fusion.transformer:Transformer": ({"depth": 2, "heads": 4}, {"depth": (1, 3)}, {"heads": "dim"}),
    "models.fusion.graph:PatientGraph": ({"layers": 1}, {"layers": (1, 3)}, {}),
    "models.fusion.product:ProductOfExperts": ({}, {}, {}),
    "models.fusion.late:LateMean": ({}, {}, {}),
}
TRAINING = {
    "seed": 0, "max_epochs": 40, "patience": 12, "learning_rate": 0.001, "weight_decay": 0.05, "batch_size": 8,
    "cells_per_bag": 8, "max_eval_cells": 32, "modality_dropout": 0.2, "stain_jitter": 0.05,
    "class_weight": "balanced", "label_smoothing": 0.0, "expert_loss": 0.3, "cell_loss": 0.0, "memory": 0.95,
    "name": "network", "device": "cpu", "dim": 192, "dropout": 0.3, "head_start": True,
}  # fmt: skip


class Asked:
    """A trial that answers with what it was asked."""

    def suggest_float(self, name, low, high, log=False):
        return (name, low, high, *(["log"] if log else []))

    suggest_int = suggest_float

    def suggest_categorical(self, name, choices):
        return (name, *choices)


def told(space):
    return {key: (key, *asked) for key, asked in space.items()}


@pytest.mark.parametrize("part", PARTS)
def test_defaults_and_spaces_are_those_of_the_boards(part):
    module, _, name = part.partition(":")
    build = getattr(import_module(module), name)
    defaults, space, divides = PARTS[part]
    assert vars(build()) == defaults and getattr(build, "divides", {}) == divides
    assert import_module(module).search_space(Asked()) == told(space)
    assert getattr(build, "unscaled", False) == (name == "PretrainedTuned")


def test_training_is_set_as_for_the_boards():
    entry = NetworkEntry(parts={"fusion": None})
    assert {name: getattr(entry, name) for name in TRAINING} == TRAINING
    usual = {"learning_rate": (2e-4, 5e-3, "log"), "weight_decay": (1e-3, 0.3, "log"), "dropout": (0.0, 0.6)}
    cells, dropout = {"cells_per_bag": [4, 8, 12]}, {"modality_dropout": (0.0, 0.5)}
    assert training_space(Asked(), frozenset({"genes"})) == told(usual)
    assert training_space(Asked(), frozenset({"images"})) == told({**usual, **cells})
    assert training_space(Asked(), frozenset({"images", "genes"})) == told({**usual, **dropout})
