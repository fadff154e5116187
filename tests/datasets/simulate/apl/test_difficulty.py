"""The oracle's difficulty against the design's published table, and the scale that reaches a wanted accuracy."""

import numpy as np
import pytest

from datasets.simulate.apl.difficulty import DESIGN, SEEN, difficulty_table, effect_for
from tests.module_cache import module_cache  # noqa: F401

DESIGN_ERROR = 0.004  # the design states its own standard error as at most this


def _check(table):
    assert (table["standard_error"] <= 0.004).all()
    combined = np.hypot(table["standard_error"], DESIGN_ERROR)
    off = table.assign(sigmas=(table["balanced_accuracy"] - table["design"]) / combined)
    assert (off["sigmas"].abs() < 3).all(), off


def test_default_scale_is_the_designs():
    table = difficulty_table()
    assert list(table["seen"]) == list(SEEN)
    _check(table)
    value = table.set_index("seen")["balanced_accuracy"]
    assert value["24 cells"] == pytest.approx(0.704, abs=0.012)
    assert value["all"] == pytest.approx(0.897, abs=0.012)
    assert value["all"] - value["24 cells"] == pytest.approx(0.19, abs=0.02)


@pytest.mark.slow
def test_every_scale_of_the_design():
    _check(difficulty_table(tuple(DESIGN), patients=40_000))


def test_no_effect_leaves_genes_at_chance_and_has_no_design_value():
    table = difficulty_table((0.0,), patients=2000)
    value = table.set_index("seen")["balanced_accuracy"]
    assert value["genes"] == pytest.approx(0.2, abs=1e-3)  # ties are all called the first class
    assert value.max() < 0.32  # variants and spreads are not scaled
    assert table["design"].isna().all()


def test_the_scale_that_was_looked_for_has_the_accuracy():
    effect = effect_for(0.5, "24 cells", patients=1500)
    value = difficulty_table((effect,), patients=1500).set_index("seen")["balanced_accuracy"]
    assert value["24 cells"] == pytest.approx(0.5, abs=0.01)


def test_wrong_requests_are_named():
    with pytest.raises(ValueError, match="seen='labs'"):
        effect_for(0.5, "labs")
    with pytest.raises(ValueError, match=r"target=0\.1"):
        effect_for(0.1, "clinical", patients=200)
    with pytest.raises(ValueError, match="patients=2"):
        difficulty_table(patients=2)
