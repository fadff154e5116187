"""Packed masks and what is read from them."""

import numpy as np
import pytest

from datasets.simulate.shared.components import COMPONENTS, ComponentMasks, pack

NAMES = ("cell", "nucleus", "nucleoli", "hof", "blebs", "granules", "auer", "rbc", "artefact")


def test_packed_masks_come_back_each_from_its_own_bit():
    masks = {name: np.random.default_rng(k).random((3, 4, 5)) < 0.5 for k, name in enumerate(NAMES)}
    bits = pack(masks)
    assert bits.dtype == np.uint16 and COMPONENTS == NAMES
    np.testing.assert_array_equal(bits, sum(mask.astype(int) << k for k, mask in enumerate(masks.values())))
    kept = ComponentMasks(bits)
    assert list(kept) == [*NAMES, "cytoplasm", "background"] and len(kept) == 11
    wanted = masks | {
        "cytoplasm": masks["cell"] & ~masks["nucleus"],
        "background": ~masks["cell"] & ~masks["rbc"] & ~masks["artefact"],
    }
    for name, mask in wanted.items():
        assert kept[name].dtype == bool
        np.testing.assert_array_equal(kept[name], mask)
        np.testing.assert_array_equal(kept.rows(name, np.array([2, 0])), mask[[2, 0]])
    with pytest.raises(KeyError, match="tail"):
        kept["tail"]
    np.testing.assert_array_equal(pack({"auer": masks["auer"]}), masks["auer"].astype(int) << 6)
