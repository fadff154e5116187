"""Batches against the cohort they are of: who is there, which cells, how they are varied, and what is refused."""

import dataclasses

import numpy as np
import pytest
import torch

from datasets.cohort import ImageBags, NotApplicable, presence
from models.inputs.augmentation import jitter_stain, random_orientation
from models.inputs.cell_sampling import even_cells
from models.inputs.class_spread import class_spread
from models.inputs.inputs import FeatureScaler, ImageScaler, Inputs, UnscaledFeatures
from models.inputs.resident import Resident
from tests.toy import toy_cohort

COHORT = toy_cohort(n=20, missing=0.3, side=6)
ALL = ("images", "genes", "clinical")


def generator():
    return torch.Generator().manual_seed(3)


@pytest.mark.parametrize(
    ("size", "count", "positions"),
    [(10, 4, [1, 3, 6, 8]), (9, 1, [4]), (7, 3, [1, 3, 5]), (5, 4, [0, 1, 3, 4]), (4, 4, [0, 1, 2, 3])],
)
def test_cells_are_evenly_spaced(size, count, positions):
    found, mask = even_cells(torch.tensor([size]), count)
    assert found.tolist() == [positions] and mask.all()


@pytest.mark.parametrize("modalities", [("genes",), ("images",), ("clinical",), ALL])
def test_what_an_entry_does_not_read_is_absent(modalities):
    inputs = Inputs.fit(COHORT, modalities)
    assert [part is not None for part in (inputs.images, inputs.genes, inputs.clinical)] == [
        m in modalities for m in ALL
    ]
    data = Resident.load(COHORT, inputs, "cpu")
    used = np.array([m in modalities for m in ALL])
    np.testing.assert_array_equal(data.present, COHORT.present & used)
    assert data.genes.shape == (20, 12 * ("genes" in modalities)) and len(data.clinical) == len(data) == 20
    sizes = COHORT.images.sizes if "images" in modalities else np.zeros(20)
    np.testing.assert_array_equal(data.sizes, sizes)
    np.testing.assert_array_equal(data.starts, np.cumsum(sizes) - sizes)
    assert data.y.tolist() == COHORT.y.tolist() and data.patient.tolist() == list(range(20)) and data.per_patient
    own = dataclasses.replace(
        COHORT, target_level="specimen", patient=np.where(np.arange(20) > 17, "P000", COHORT.patient)
    )
    loaded = Resident.load(own, inputs, "cpu")
    assert not loaded.per_patient and loaded.patient.tolist() == [*range(18), 0, 0]


def test_nothing_is_drawn_where_no_cell_is():
    data, one = Resident.load(COHORT, Inputs.fit(COHORT, ("genes",)), "cpu"), generator()
    batch = data.training_batch(torch.tensor([3, 5]), 4, 0.1, one)
    assert batch.cells is None and batch.cell_mask.shape == (2, 4) and not batch.cell_mask.any()
    assert torch.equal(one.get_state(), generator().get_state())
    assert data.evaluation_batch(torch.tensor([3, 5]), 4).cells is None
    torch.testing.assert_close(batch.genes, data.genes[[3, 5]])


def test_cells_of_training_are_cells_of_the_bag_turned_and_stained():
    inputs = Inputs.fit(COHORT, ALL)
    data, index = Resident.load(COHORT, inputs, "cpu"), torch.tensor([4, 1, 7, 0])
    batch = data.training_batch(index, 2, 0.0, generator())
    sizes = COHORT.images.sizes[index]
    assert batch.cell_mask.sum(1).tolist() == np.minimum(sizes, 2).tolist()
    mean, scale = (torch.tensor(v)[:, None, None] for v in (inputs.images.mean, inputs.images.scale))
    shown = ((batch.cells * scale + mean) * 255).round()
    owner = index.repeat_interleave(batch.cell_mask.sum(1))
    for cell, i in zip(shown, owner.tolist(), strict=True):
        poses = [torch.rot90(torch.tensor(c).permute(2, 0, 1).flip(dims), k, (1, 2))
                 for c in COHORT.images.bag(i).astype(np.float32) for dims in ((), (1,)) for k in range(4)]  # fmt: skip
        assert any(torch.equal(cell, pose) for pose in poses)
    stained = data.training_batch(index, 2, 0.5, generator()).cells * scale + mean
    gain = (1 - stained) / (1 - shown / 255)
    torch.testing.assert_close(gain, gain[:, :, :1, :1].expand_as(gain), atol=1e-3, rtol=1e-3)
    assert float(gain[:, :, 0, 0].std()) > 0.1
    torch.testing.assert_close(batch.present, data.present[index])


def test_stain_has_a_log_gain_of_the_strength_for_each_channel_of_each_cell():
    cells = torch.full((2000, 3, 2, 2), 0.5)
    gain = ((1 - jitter_stain(cells, 0.3, generator())) / 0.5).log()
    assert float(gain[..., 0, 0].std()) == pytest.approx(0.3, rel=0.05)
    torch.testing.assert_close(gain, gain[..., :1, :1].expand_as(gain))
    assert abs(float(torch.corrcoef(gain[..., 0, 0].T)[0, 1])) < 0.1


def test_cells_that_are_not_square_are_only_flipped():
    cell = torch.arange(18, dtype=torch.uint8).view(1, 2, 3, 3)
    poses = random_orientation(cell.repeat(400, 1, 1, 1), generator())
    counts = [int((poses == cell.flip(dims)).all(dim=(1, 2, 3)).sum()) for dims in ((), (1,), (2,), (1, 2))]
    assert sum(counts) == 400 and min(counts) > 60


def read_mean(images):
    return images.pixels[images.all_rows()].mean(axis=(1, 2)).astype(np.float32)


def test_features_are_neither_turned_nor_stained():
    data = Resident.load(COHORT, Inputs.fit(COHORT, ("images",), features=read_mean), "cpu")
    index = torch.tensor([4, 1, 7])
    cells = data.training_batch(index, 9, 0.5, generator())
    kept = data.evaluation_batch(index, 9)
    assert {tuple(c) for c in cells.cells.tolist()} == {tuple(c) for c in kept.cells.tolist()}
    rows = [data.pixels[int(data.starts[i]) + k] for i in index for k in range(int(data.sizes[i]))]
    torch.testing.assert_close(kept.cells, torch.stack(rows))


def test_an_image_has_the_size_of_those_of_train():
    inputs = Inputs.fit(COHORT, ("images",))
    with pytest.raises(ValueError, match=r"images: toy has \(5, 5\) pixels, train had \(6, 6\)"):
        Resident.load(toy_cohort(n=9, side=5), inputs, "cpu")
    bare = Resident.load(toy_cohort(n=9, images=False), inputs, "cpu")
    assert not len(bare.pixels) and not bare.sizes.any() and not bare.present.any()


def test_colours_are_scaled_by_a_thousand_images_that_are_evenly_spaced():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (1500, 2, 3, 3), dtype=np.uint8) // np.array([1, 2, 200], np.uint8)
    scaler = ImageScaler.fit(ImageBags(pixels, np.array([0, 700, 1500])))
    chosen = pixels[[int(k * 1499 / 1023) for k in range(1024)]] / 255
    np.testing.assert_allclose(scaler.mean, chosen.mean(axis=(0, 1, 2)), rtol=1e-5)
    spread = chosen.std(axis=(0, 1, 2))
    assert spread[2] < 0.02  # a channel in which hardly anything varies is not blown up
    np.testing.assert_allclose(scaler.scale, [*spread[:2], 0.02], rtol=1e-5)
    assert scaler.shape == (2, 3)
    some = ImageBags(pixels, np.array([0, 2]), np.array([7, 3]))
    assert np.array_equal(scaler.read(some), pixels[[7, 3]])


def test_a_feature_is_left_out_when_it_is_the_same_in_more_than_nine_of_ten_images():
    values = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    values[:18, 1] = 5.0
    values[:19, 2] = 5.0
    bags = ImageBags(np.zeros((20, 2, 4, 3), np.uint8), np.array([0, 4, 4, 10, 13, 20]))
    y = np.array([0, 1, 1, 0, 1])
    scaler = FeatureScaler.fit(bags, lambda images: values, y)
    squashed = np.tanh((values - values.mean(axis=0, dtype=float)) / values.std(axis=0, dtype=float))
    means = np.stack([squashed[a:b].mean(axis=0) for a, b in ((0, 4), (4, 10), (10, 13), (13, 20))])
    np.testing.assert_allclose(scaler.scale[:2], class_spread(means, y[[0, 2, 3, 4]])[:2], rtol=1e-5)
    assert np.isinf(scaler.scale[2]) and scaler.size == (2, 4) and scaler.shape == (3,)
    np.testing.assert_allclose(scaler.mean, values.mean(axis=0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(scaler.spread, values.std(axis=0, dtype=float), rtol=1e-5)
    alone = FeatureScaler.fit(ImageBags(bags.pixels, np.array([0, 20])), lambda images: values, y[:1])
    np.testing.assert_allclose(alone.scale[:2], squashed[:, :2].std(axis=0), rtol=1e-5)
    raw = UnscaledFeatures.fit(bags, lambda images: values)
    assert raw.size == (2, 4) and raw.shape == (3,) and raw.read(bags) is values


def test_one_strange_cell_does_not_decide_the_mean_of_its_bag_and_pieces_change_nothing(monkeypatch):
    values = np.random.default_rng(0).normal(size=(40, 2, 3, 3)).astype(np.float16)
    bags, y = ImageBags(np.zeros((40, 2, 4, 3), np.uint8), np.arange(0, 41, 4)), np.arange(10) % 2
    plain = FeatureScaler.fit(bags, lambda images: values, y)
    strange = values.copy()
    strange[5, 0] = 500
    seen = dataclasses.replace(plain, features=lambda images: strange).read(bags)
    assert abs(seen[4:8, 0].mean() - plain.read(bags)[4:8, 0].mean()) < 0.5 / plain.scale[0, 0, 0]
    monkeypatch.setattr("models.inputs.inputs._IMAGES_AT_ONCE", 7)
    pieces = FeatureScaler.fit(bags, lambda images: values, y)
    for name in ("mean", "spread", "level", "scale"):
        np.testing.assert_array_equal(getattr(pieces, name), getattr(plain, name))
        assert getattr(plain, name).shape == (2, 1, 1)


@pytest.mark.parametrize(("features", "unscaled", "kind"), [
    (None, False, ImageScaler), (read_mean, False, FeatureScaler), (read_mean, True, UnscaledFeatures),
])  # fmt: skip
def test_images_are_read_as_the_part_asks(features, unscaled, kind):
    inputs = Inputs.fit(COHORT, ALL, features=features, unscaled=unscaled)
    assert type(inputs.images) is kind


def test_a_modality_that_nobody_in_train_has_is_not_used():
    n = len(COHORT)
    table = COHORT.clinical.mask(np.ones((n, 3), bool))
    here = presence(n, COHORT.images, COHORT.has("genes"), table)
    inputs = Inputs.fit(dataclasses.replace(COHORT, clinical=table, present=here), ALL)
    assert inputs.clinical is None and inputs.genes is not None and inputs.images is not None
    with pytest.raises(NotApplicable, match=r"no specimen of toy has any of \('images',\)"):
        Inputs.fit(toy_cohort(n=9, images=False), ("images",))


def test_what_is_drawn_lies_where_the_cohort_lies():
    """Whatever torch would take by itself: here a device without values."""
    both = Resident.load(COHORT, Inputs.fit(COHORT, ALL), "cpu")
    none = Resident.load(COHORT, Inputs.fit(COHORT, ("genes",)), "cpu")
    index = torch.tensor([4, 1, 7])
    plain = both.training_batch(index, 2, 0.1, generator())
    with torch.device("meta"):
        batches = [both.training_batch(index, 2, 0.1, generator()), both.evaluation_batch(index, 2)]
        batches += [none.training_batch(index, 2, 0.1, generator()), none.evaluation_batch(index, 2)]
    assert {str(part.device) for batch in batches for part in batch if part is not None} == {"cpu"}
    torch.testing.assert_close(batches[0].cells, plain.cells)
