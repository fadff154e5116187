"""Rules for single cells: lineage by markers, a signature found by brute force, who they refuse."""

import dataclasses

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score

from baselines.rules.disease_signature import common_signature
from baselines.rules.hematopoiesis import MARKERS, RulesHematopoiesis, lineage_scores
from datasets.cohort import Cohort, Provenance, presence
from datasets.generated.hematopoiesis_sim import load
from tests.toy import toy_cohort

CLASSES = ("healthy", "AML", "MDS")
GENES = (*(g for pairs in MARKERS.values() for pair in pairs for g in pair), *(f"G{k}" for k in range(30)))
UP, DOWN, ONE_ONLY = GENES.index("G0"), GENES.index("G1"), GENES.index("G2")


def cells(*, donors=4, per_donor=25, marker=("CD34", "AVP"), seed=0, common=1.5) -> Cohort:
    """Return cells of donors: G0 rises and G1 falls in both diseases, G2 rises in AML alone."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(3, dtype=np.int64), donors * per_donor)
    n = len(y)
    genes = rng.normal(1, 0.4, (n, len(GENES)))
    genes[:, : len(GENES) - 30] = 0
    genes[:, [GENES.index(g) for g in marker]] = 3
    genes[:, UP] += common * (y > 0)
    genes[:, DOWN] -= common * (y > 0)
    genes[:, ONE_ONLY] += 3 * (y == 1)
    return Cohort(
        name="hand", classes=CLASSES, y=y, specimen=np.array([f"C{i}" for i in range(n)]),
        patient=np.array([f"D{i // per_donor}" for i in range(n)]), domain=np.array(["MPP"] * n),
        provenance=Provenance("hand", "0", "none"), present=presence(n, genes_present=np.ones(n, bool)),
        genes=genes.astype(np.float32), gene_names=GENES, target_level="specimen",
    )  # fmt: skip


def test_the_signature_is_what_moves_the_same_way_in_every_disease():
    cohort = cells()
    signature = common_signature(cohort, 0)
    means = {k: [cohort.genes[cohort.patient == p].mean(axis=0) for p in np.unique(cohort.patient[cohort.y == k])]
             for k in range(3)}  # fmt: skip
    moving = range(len(GENES) - 30, len(GENES))  # markers are constant here
    t = {
        j: [stats.ttest_ind([m[j] for m in means[k]], [m[j] for m in means[0]], equal_var=False)[0] for k in (1, 2)]
        for j in moving
    }
    expected = [j for j in moving if min(t[j]) > 2 or max(t[j]) < -2]
    assert signature.genes.tolist() == expected
    assert {UP, DOWN} <= set(expected) and ONE_ONLY not in expected
    signs = dict(zip(signature.genes.tolist(), signature.sign.tolist(), strict=True))
    assert (signs[UP], signs[DOWN]) == (1, -1)


def test_one_healthy_cell_in_twenty_is_above_the_limit():
    cohort = cells()
    signature = common_signature(cohort, 0)
    healthy = cohort[cohort.y == 0]
    assert (signature.scores(healthy) > signature.limit).mean() == pytest.approx(0.05)
    chosen = healthy.genes[:, signature.genes].astype(float)
    z = (chosen - chosen.mean(axis=0)) / chosen.std(axis=0)
    assert np.allclose(signature.scores(healthy), (z * signature.sign).mean(axis=1))


@pytest.mark.parametrize(
    ("marker", "lineage"),
    [
        (("CD34", "AVP"), "MPP"),
        (("CD14", "LYZ"), "monocyte"),
        (("CD3D", "IL7R"), "lymphocyte"),
        (("MS4A1", "CD79A"), "lymphocyte"),
        (("NKG7", "GNLY"), "lymphocyte"),
        ((), "unclear lineage"),
    ],
)
def test_markers_name_the_lineage(marker, lineage):
    rules = RulesHematopoiesis().fit(cells(), cells())
    trace = rules.trace(cells(marker=marker, seed=1))
    assert trace["rule"].str.startswith(f"{lineage}, disease score ").all()


def test_cells_are_called_and_the_disease_is_left_to_its_frequency():
    train = cells()
    train = train[(train.y != 2) | (train.patient != train.patient[-1])]
    rules = RulesHematopoiesis().fit(train, train)
    trace, test = rules.trace(cells(seed=1)), cells(seed=1)
    assert balanced_accuracy_score(test.y > 0, trace["decision"] == "diseased") > 0.9
    unseen = rules.predict_proba(cells(seed=1, marker=("CD14", "LYZ")))
    ill = unseen[(trace["decision"] == "diseased").to_numpy()]
    prior = np.array([4, 4, 3]) / 11
    assert np.allclose(ill, (prior + np.array([0, 4 / 7, 3 / 7])) / 2)
    assert rules.report_["coverage"] == 1.0
    assert "disease score" in trace["evidence"][0] and "markers z" in trace["evidence"][0]


def test_an_empty_view_and_a_cell_without_genes():
    cohort = cells()
    rules = RulesHematopoiesis().fit(cohort, cohort)
    assert rules.predict_proba(cohort[np.array([], dtype=int)]).shape == (0, 3)
    gone = np.arange(len(cohort)) > 0
    hollow = dataclasses.replace(
        cohort, genes=cohort.genes * gone[:, None], present=presence(len(cohort), genes_present=gone)
    )
    assert rules.trace(hollow)["rule"][0] == "none" and np.allclose(rules.predict_proba(hollow)[0], 1 / 3)


def test_other_classes_genes_and_too_few_donors_are_errors():
    toy = toy_cohort(n=9)
    with pytest.raises(ValueError, match=r"the rules need one class of \['healthy', 'normal'\]"):
        RulesHematopoiesis().fit(toy, toy)
    renamed = dataclasses.replace(cells(), gene_names=tuple(f"ENSG{k}" for k in range(len(GENES))))
    with pytest.raises(ValueError, match=r"without the genes \['AVP'"):
        RulesHematopoiesis().fit(renamed, renamed)
    alone = cells(donors=1)
    with pytest.raises(ValueError, match="need two healthy ones"):
        RulesHematopoiesis().fit(alone, alone)


def test_generated_cells_of_unseen_donors(tmp_path, monkeypatch):
    """Lineages are those that the cells were sorted as; the disease is told better than chance in each."""
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    cohort = load(n_genes=1000, donors=5, cells=12, seed=5)
    sorted_as = np.array([list(MARKERS).index(domain) for domain in cohort.domain])
    assert (lineage_scores(cohort).argmax(axis=1) == sorted_as).mean() > 0.9
    donors = np.unique(cohort.patient)
    train = cohort[np.isin(cohort.patient, donors[:12]) & (cohort.domain == "MPP")]
    rules = RulesHematopoiesis().fit(train.blinded(labels=True), train)
    for lineage in MARKERS:
        test = cohort[np.isin(cohort.patient, donors[12:]) & (cohort.domain == lineage)]
        healthy = rules.predict_proba(test.blinded(labels=False))[:, 0]
        assert balanced_accuracy_score(test.y > 0, healthy < 0.5) > 0.55


def test_lineages_stand_out_by_the_formula_and_no_lineage_does_where_all_genes_are_alike():
    cohort = cells(donors=2, per_donor=2, marker=("CD14", "GNLY"))
    expected = []
    for cell in cohort.genes.astype(float):
        level = dict(zip(GENES, cell, strict=True))
        error = cell.std() / 2**0.5
        expected.append([max((level[a] + level[b]) / 2 - cell.mean() for a, b in pairs) / error
                         for pairs in MARKERS.values()])  # fmt: skip
    np.testing.assert_allclose(lineage_scores(cohort), expected, rtol=1e-4)
    flat = dataclasses.replace(cohort, genes=np.ones_like(cohort.genes))
    assert not lineage_scores(flat).any()
    faint = cohort.genes * 0
    faint[:, [GENES.index("CD34"), GENES.index("AVP")]] = 0.2
    faint[:, -20:] = 1.0  # the markers are below the mean gene, then a little above it
    rules = RulesHematopoiesis().fit(cells(), cells())
    assert rules.trace(flat)["rule"].str.startswith("unclear lineage").all()
    assert rules.trace(dataclasses.replace(cohort, genes=faint))["rule"].str.startswith("unclear lineage").all()
    faint[:, :2] = 0.7
    z = lineage_scores(dataclasses.replace(cohort, genes=faint))
    assert ((z[:, 0] > 0) & (z[:, 0] < 1)).all()
    assert rules.trace(dataclasses.replace(cohort, genes=faint))["rule"].str.startswith("MPP").all()


def test_a_score_at_the_limit_is_within_the_healthy_range():
    cohort = cells()
    rules = RulesHematopoiesis().fit(cohort, cohort)
    score = float(rules.signature_.scores(cohort)[7])
    rules.signature_ = dataclasses.replace(rules.signature_, limit=score)
    assert "within" in rules.trace(cohort)["rule"][7]
    rules.signature_ = dataclasses.replace(rules.signature_, limit=np.nextafter(score, -np.inf))
    assert "above" in rules.trace(cohort)["rule"][7]


def test_a_gene_is_taken_above_a_t_of_two_in_every_disease_that_has_two_donors():
    """Many genes that move a little, so that some lie just below and some just above."""
    cohort = cells(per_donor=5)
    rng = np.random.default_rng(3)
    donor = cohort.patient.astype("U9")
    index = np.unique(donor, return_inverse=True)[1]
    genes = rng.normal(size=(12, 200))[index] * 0.4 + rng.normal(size=(60, 200)) * 0.1
    genes[:, :100] += 0.8 * (cohort.y[:, None] > 0)
    genes[:, 100:190] -= 0.8 * (cohort.y[:, None] > 0)
    genes[cohort.y == 0, 190:] = 0  # constant in healthy cells
    genes[cohort.y > 0, 190:] = 5 + rng.normal(size=(40, 10))
    wide = dataclasses.replace(cohort, genes=genes.astype(np.float32), gene_names=tuple(f"G{j}" for j in range(200)))
    lone = wide[(wide.y != 2) | (wide.patient == wide.patient[-1])]  # MDS has one donor
    for asked, ill in ((wide, (1, 2)), (lone, (1,))):
        means = {k: [asked.genes[(asked.y == k) & (asked.patient == p)].astype(float).mean(axis=0)
                     for p in np.unique(asked.patient[asked.y == k])] for k in (0, *ill)}  # fmt: skip
        t = np.stack([stats.ttest_ind(means[k], means[0], equal_var=False)[0] for k in ill])[:, :190]
        expected = np.flatnonzero((t > 2).all(axis=0) | (t < -2).all(axis=0))
        signature = common_signature(asked, 0)
        assert signature.genes.tolist() == expected.tolist()
        assert ((np.abs(t).min(axis=0) > 2) & (np.abs(t).min(axis=0) < 3)).any()
        assert signature.sign.tolist() == np.sign(t[0, expected]).tolist()
        healthy = asked.genes[asked.y == 0][:, expected].astype(float)
        np.testing.assert_allclose(signature.mean, healthy.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(signature.sd, healthy.std(axis=0), rtol=1e-12)
    two = wide[(wide.y > 0) | np.isin(wide.patient, wide.patient[[0, 5]])]
    assert len(np.unique(two.patient[two.y == 0])) == 2 and len(common_signature(two, 0).genes)
    one = wide[(wide.y > 0) | (wide.patient == wide.patient[0])]
    with pytest.raises(ValueError, match="need two healthy ones and two of a disease"):
        common_signature(one, 0)
    well = wide[(wide.y == 0) | np.isin(wide.patient, wide.patient[[20, 40]])]  # one donor a disease
    with pytest.raises(ValueError, match="need two healthy ones and two of a disease"):
        common_signature(well, 0)


def test_no_gene_in_common_is_a_score_of_zero():
    cohort = cells()
    signature = dataclasses.replace(common_signature(cohort, 0), genes=np.array([], dtype=int))
    assert signature.scores(cohort).tolist() == [0] * len(cohort)
