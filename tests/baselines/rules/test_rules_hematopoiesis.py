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
