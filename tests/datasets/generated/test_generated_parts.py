"""What the three loaders put together, part by part, and the limits and keys of their settings."""

import dataclasses
import math
import re

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from datasets.generated import apl_sim, hematopoiesis_sim, mito_sim
from datasets.simulate.apl.world import sample_world
from datasets.simulate.drawing.render import render
from datasets.simulate.hematopoiesis.cells import donor_effect, mean_counts, sample_cells, sample_counts
from datasets.simulate.hematopoiesis.genes import hema_genes
from datasets.simulate.hematopoiesis.oracle import log_likelihood
from datasets.simulate.mito.world import sample_mito_world

pytestmark = pytest.mark.usefixtures("cache_of_module")

SEED, PER_BAG, SIDE = 5, 2, 16
HEMA = {
    "n_genes": (1_000, 100_000), "donors": (1, 1_000), "cells": (1, 10_000), "seed": (0, 2**32 - 1),
    "ambient": (0, 0.9), "doublets": (0, 0.9),
}  # fmt: skip
MITO = {
    "patients": (6, 100_000), "cells": (1, 1_000), "image_size": (16, 256), "seed": (0, 2**32 - 1), "confound": (0, 1)
}  # fmt: skip
PLAIN = {
    "hematopoiesis-sim": hematopoiesis_sim.Settings(2000, 3, 4, False, False, 0.05, 0.03, 1),
    "mito-sim": mito_sim.MitoSettings("default", 42, 4, 32, 0.3, False, 1),
}
LIMITS = [("hematopoiesis-sim", name, *ends) for name, ends in HEMA.items()]
LIMITS += [("mito-sim", name, *ends) for name, ends in MITO.items()]


@pytest.mark.parametrize(("where", "name", "low", "high"), LIMITS)
def test_the_ends_of_a_range_are_in_it_and_what_is_beyond_is_refused(where, name, low, high):
    plain, step = PLAIN[where], 1e-6 if name in ("ambient", "doublets", "confound") else 1
    for value in (low, high):
        assert getattr(dataclasses.replace(plain, **{name: value}), name) == value
    for value in (low - step, high + step):
        with pytest.raises(ValueError, match=f"{where}: {name}=.* is out of range; choose {low} to {high}$"):
            dataclasses.replace(plain, **{name: value})


@pytest.mark.parametrize(
    ("where", "name"), [("hematopoiesis-sim", "ood"), ("hematopoiesis-sim", "counts"), ("mito-sim", "definitional")]
)
def test_a_switch_is_true_or_false(where, name):
    with pytest.raises(ValueError, match=f"{where}: {name}=0 is a switch"):
        dataclasses.replace(PLAIN[where], **{name: 0})


@pytest.mark.parametrize("where", PLAIN)
def test_a_key_covers_every_setting_but_what_changes_no_picture_and_a_version_all(where):
    plain = PLAIN[where]
    assert re.fullmatch(r"[0-9a-f]{32}", plain.key)
    told = " ".join(f"{field.name}={getattr(plain, field.name)}" for field in dataclasses.fields(plain))
    assert re.fullmatch(rf"{re.escape(told)} source=[0-9a-f]{{12}}", plain.version)
    for field in dataclasses.fields(plain):
        old = getattr(plain, field.name)
        new = "easy" if field.name == "preset" else not old if isinstance(old, bool) else old * 2
        other = dataclasses.replace(plain, **{field.name: new})
        assert (other.key != plain.key) == (field.name != "definitional")
        assert other.version == plain.version.replace(f"{field.name}={old}", f"{field.name}={new}")


def test_splits_and_presets_are_those_of_the_cards():
    assert apl_sim.SPLIT == mito_sim.SPLIT == {"scheme": "kfold", "folds": 3, "train_domains": ["A", "B"]}
    assert hematopoiesis_sim.SPLIT == {"scheme": "zero-shot", "folds": 3, "train_domains": ["MPP"]}
    assert mito_sim.PRESETS == {"hard": 0.4, "default": 0.6, "easy": 1.0}
    assert "hard .4, default .6, easy 1" in mito_sim.load.__doc__


def _same_pictures(cohort, drawn):
    np.testing.assert_array_equal(cohort.images.pixels, drawn["pixels"])
    np.testing.assert_array_equal(cohort.truth.masks.bits, drawn["components"])
    assert cohort.images.starts.tolist() == list(range(0, PER_BAG * len(cohort) + 1, PER_BAG))


def test_mito_sim_is_its_world_photographed_and_its_genes_shuffled():
    options = {"patients": 18, "cells": PER_BAG, "confound": 0.5, "seed": SEED, "definitional": True}
    cohort = mito_sim.load(**options, preset="easy", image_size=SIDE)
    world = sample_mito_world(1.0, 18, PER_BAG, 0.5, SEED, definitional=True)
    _same_pictures(cohort, render(world.cells, world.patients.site, SIDE, SEED))
    columns = np.random.default_rng([SEED, 24]).permutation(2000)
    measured = world.genes_measured
    wanted = np.where(measured[:, None], world.expression, 0)[:, columns].astype(np.float32)
    np.testing.assert_array_equal(cohort.genes, wanted)
    assert cohort.genes.dtype == np.float32 and 0 < measured.sum() < 18
    assert cohort.gene_names == tuple(world.genes.names[k] for k in columns) and cohort.gene_sets == world.genes.sets
    assert cohort.patient.tolist() == [f"M{i:05d}" for i in range(18)]
    assert cohort.specimen.tolist() == [f"M{i:05d}-S1" for i in range(18)]
    np.testing.assert_array_equal(cohort.y, world.patients.y)
    assert cohort.domain.tolist() == ["ABC"[s] for s in world.patients.site]
    np.testing.assert_array_equal(cohort.present[:, 0], np.ones(18, bool))
    np.testing.assert_array_equal(cohort.present[:, 1], measured)
    np.testing.assert_array_equal(cohort.present[:, 2], world.patients.site < 2)
    np.testing.assert_array_equal(cohort.images.cell_type, world.cells.cell_type.ravel())
    assert set(cohort.units) == set(cohort.clinical) - {"sex"} and cohort.units["blasts"] == "%"
    truth = cohort.truth
    pd.testing.assert_frame_equal(truth.evidence, world.evidence)
    pd.testing.assert_frame_equal(truth.traits.drop(columns=["clumping", "um_per_px"]), world.cells.frame())
    np.testing.assert_allclose(truth.traits["clumping"], world.cells.nucleus[..., 2].ravel())
    np.testing.assert_allclose(truth.traits["um_per_px"], 28 / SIDE)
    assert truth.signal_genes == world.genes.signal and len(truth.signal_pathways) == 14
    assert cohort.provenance.generated and cohort.name == "mito-sim"


def test_apl_sim_is_its_world_photographed_under_ids_of_their_own():
    options = {"confound": 0.5, "more_c": 3, "images_only": 0.3, "unknown_scale": True, "shortcut": 1.0, "ood": 2}
    cohort = apl_sim.load(patients=15, cells=PER_BAG, image_size=SIDE, seed=SEED, preset="easy", do="site=B", **options)
    world = sample_world(1.3, 15, PER_BAG, 0.5, SEED, ood=2, more_c=3, images_only=0.3)
    at_b, bars = np.ones(22, np.int64), world.patients.y == 0
    _same_pictures(cohort, render(world.cells, at_b, SIDE, SEED, scale_bar=bars, unknown_scale=True))
    assert cohort.patient.tolist() == [*(f"P{i:05d}" for i in range(18)), *(f"OOD{i:05d}" for i in range(4))]
    assert cohort.specimen.tolist() == [f"{name}-S1" for name in cohort.patient]
    np.testing.assert_array_equal(cohort.domain, world.patients.domain)
    kinds = ["", "", "", "", "", "ZBTB16-RARA", "non-APL AML"]
    assert cohort.unseen.tolist() == [kinds[k] for k in world.patients.kind] and cohort.image_facts is None
    np.testing.assert_allclose(cohort.truth.traits["um_per_px"], 28 / SIDE * 0.18 / 0.16)
    pd.testing.assert_frame_equal(cohort.truth.traits.drop(columns="um_per_px"), world.cells.frame())
    pd.testing.assert_frame_equal(cohort.truth.evidence, world.evidence)
    for name, values in world.posterior.items():
        np.testing.assert_array_equal(cohort.truth.posterior[name], values)
    np.testing.assert_array_equal(cohort.present[:, 1], world.genes_measured)
    assert cohort.truth.y is None and cohort.era is None


def test_cell_types_of_raters_are_text():
    cohort = apl_sim.load(patients=15, cells=PER_BAG, image_size=SIDE, seed=SEED, raters=True)
    assert cohort.images.cell_type.dtype.kind == "U" and cohort.present.dtype == bool


@pytest.mark.parametrize("target", ["disease", "diseased"])
def test_hematopoiesis_sim_is_its_donors_one_after_the_other(target):
    cohort = hematopoiesis_sim.load(
        n_genes=1000, donors=4, cells=2, target=target, ood=True, counts=True, ambient=0.1, doublets=0.4, seed=SEED
    )
    genes, row = hema_genes(1000, SEED, ood=True), 0
    known = genes.of_classes()
    for k in range(4):
        order = [*np.random.default_rng([SEED, 89, k]).permutation(4), 4]
        for slot, y in enumerate(order):
            donor, batch = 5 * k + slot, k % 3
            cells = sample_cells(SEED, donor, 2, 0.1, 0.4)
            mean = mean_counts(genes, cells, y) * np.exp(donor_effect(genes, SEED, donor, batch))
            counts = sample_counts(mean, SEED, donor)
            p = softmax(log_likelihood(known, cells, counts[:, known.signal], batch), axis=1)
            for j in range(6):
                lineage = ("MPP", "monocyte", "lymphocyte")[j % 3]
                assert cohort.domain[row] == lineage and cohort.patient[row] == f"D{donor:05d}"
                assert cohort.specimen[row] == f"D{donor:05d}-{lineage}-{j // 3:04d}"
                label = y if target == "disease" else int(y > 0)
                assert cohort.y[row] == (-1 if y == 4 else label)
                assert cohort.unseen[row] == ("aplastic" if y == 4 else "")
                np.testing.assert_array_equal(cohort.genes[row], counts[j])
                wanted = p[j] if target == "disease" else [p[j, 0], p[j, 1:].sum()]
                np.testing.assert_allclose(cohort.truth.posterior["genes"][row], wanted, atol=1e-12)
                row += 1
    assert row == len(cohort) and cohort.target_level == "specimen"
    assert cohort.truth.posterior["all"] is cohort.truth.posterior["genes"]
    assert cohort.truth.signal_genes == tuple(genes.names[k] for k in known.signal)
    assert cohort.provenance.version.startswith(f"target={target} n_genes=1000 donors=4 cells=2 ood=True counts=True")


def test_expression_is_counts_per_10_000_on_a_log_scale():
    counts = np.array([[1, 3, 0], [0, 0, 0], [5, 0, 15]], np.float32)
    got = hematopoiesis_sim.log_normalised(counts)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, np.log([[2501, 7501, 1], [1, 1, 1], [2501, 1, 7501]]), rtol=1e-6)
    many = np.random.default_rng(0).poisson(3.0, (40, 999)).astype(np.float32)
    in_double = [[math.log1p(x * (1e4 / sum(row))) for x in row] for row in many.tolist()]
    np.testing.assert_array_equal(hematopoiesis_sim.log_normalised(many), np.array(in_double).astype(np.float32))
    small = hematopoiesis_sim.log_normalised(np.array([[0.25, 0.25]], np.float32))  # less than one count in all
    np.testing.assert_allclose(small, np.log([[2501, 2501]]), rtol=1e-6)
