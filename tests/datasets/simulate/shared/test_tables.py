"""What the tables of the design must be to describe patients: shares, rates, reference ranges, directions."""

import numpy as np
import pytest

from datasets.simulate.apl import unseen_tables as odd
from datasets.simulate.mito import tables as six
from datasets.simulate.shared import tables as apl

RANGES = {  # column -> least and largest median or mean of a group, least and largest spread
    "apl": {
        "wbc": (2.8, 30, 0.9, 1.1), "platelets": (27, 50, 0.65, 0.70), "fibrinogen": (1.28, 2.0, 0.45, 0.50),
        "d_dimer": (4, 6.5, 1.2, 1.2), "ldh": (320, 480, 0.50, 0.55), "hb": (82, 88, 18, 20),
        "pt": (13.8, 15.2, 1.6, 2.0), "age": (40, 50, 14, 15),
    },
    "unseen": {
        "wbc": (7, 25, 0.9, 1.5), "platelets": (45, 55, 0.70, 0.80), "fibrinogen": (1.9, 3.2, 0.442, 0.50),
        "d_dimer": (1.2, 5, 1.2, 1.3), "ldh": (430, 450, 0.55, 0.65), "hb": (88, 88, 20, 20),
        "pt": (13.2, 14.2, 1.4, 1.7), "age": (50, 65, 14, 15),
    },
    "six": {
        "wbc": (3.8, 38, 0.25, 1.5), "platelets": (55, 250, 0.22, 0.90), "ldh": (175, 600, 0.18, 0.80),
        "calcium": (2.25, 2.38, 0.04, 0.12), "creatinine": (62, 97, 0.20, 0.68), "hb": (82, 142, 13, 22),
        "mcv": (88, 102, 4.5, 9), "globulin": (25, 52, 4, 16), "age": (45, 73, 10, 18),
    },
}  # fmt: skip
ROOMS = {"apl": (apl, 5), "unseen": (odd, 2), "six": (six, 6)}


@pytest.mark.parametrize("room", ROOMS)
def test_labs_lie_in_the_ranges_of_the_clinic(room):
    tables, n = ROOMS[room]
    rows = {**tables.LOG_NORMAL, **tables.NORMAL, "age": tables.ADULT_AGE}
    if hasattr(tables, "WBC"):
        rows["wbc"] = [pair for variants in tables.WBC for pair in variants]
    for column, pairs in rows.items():
        low, high, least, most = RANGES[room][column]
        assert len(pairs) == (2 * n if column == "wbc" and n < 6 else n)
        for middle, spread in pairs:
            assert low <= middle <= high and least <= spread <= most, column


def _all(table):
    return np.array(list(table.values()) if isinstance(table, dict) else table, dtype=float)


def test_shares_sum_to_one():
    for table, last in (
        (apl.PRIOR, 5), (apl.CONFOUNDED_SITES, 3), (apl.SHAPE, 5), (apl.AUER, 3), (odd.SHAPE, 5), (odd.AUER, 3),
        (six.PRIOR, 6), (six.CONFOUNDED_SITES, 3),
    ):  # fmt: skip
        shares = _all(table)
        assert shares.shape[-1] == last and (shares >= 0).all()
        np.testing.assert_allclose(shares.sum(axis=-1), 1)


@pytest.mark.parametrize(
    "table",
    [
        apl.MICROGRANULAR, apl.CHILD, apl.BERNOULLI, apl.FLT3_ITD, apl.MISSING, apl.BLEB, odd.CHILD, odd.BERNOULLI,
        odd.FLT3_ITD, odd.BLEB, six.CHILD, six.MALE, six.MISSING,
        [rate for flag in six.FLAGS.values() for rate in flag.values()],
        [six.FALSE_CALL, six.BCR_ABL1_IN_CHILDREN, six.READ_FRACTION_SD, *six.MTDNA_VARIANTS],
        [mean for mean, _ in (*apl.PROMYELOCYTES, *odd.PROMYELOCYTES, odd.BLAST_FRACTION, *six.LYMPHOCYTES)],
    ],
)  # fmt: skip
def test_rates_are_above_0_and_below_1(table):
    rates = _all(table)
    assert (rates > 0).all() and (rates < 1).all()


def test_a_site_measures_more_or_less_but_no_value_always_goes_missing():
    for factors, missing in ((apl.SITE_MISSING_FACTOR, apl.MISSING), (six.SITE_MISSING_FACTOR, six.MISSING)):
        assert 0 < min(factors) < max(factors) and max(factors) * max(missing.values()) < 0.6
        assert np.mean(factors) == pytest.approx(1)


@pytest.mark.parametrize("tables", [apl, odd])
def test_looks_of_promyelocytes_and_blasts(tables):
    for name, row in tables.GAUSSIAN_TRAITS.items():
        means = np.array(row[1] if tables is apl else row)
        low, high = (16, 20) if name == "diameter_um" else (0.1, 0.9)
        assert (means > low).all() and (means < high).all()
        if tables is apl:
            assert (np.array(row[2]) < (0.2 if name == "diameter_um" else 0.9)).all()
            assert ((means[:, 0] > means[:, 1]) == (name in ("granularity", "diameter_um"))).all()  # M3v: small, pale
    assert ((_all(tables.NUCLEOLI) > 0.5) & (_all(tables.NUCLEOLI) < 2.5)).all()


def test_what_the_literature_says_of_direction():
    """PML-RARA: low fibrinogen, high D-dimer, low counts; its microgranular variant: many white cells."""
    first = {name: [row[0] for row in rows] for name, rows in (apl.LOG_NORMAL | apl.NORMAL).items()}
    assert np.argmin(first["fibrinogen"]) == np.argmin(first["platelets"]) == np.argmin(first["ldh"]) == 0
    assert np.argmax(first["pt"]) == np.argmax(first["d_dimer"]) == 0
    assert all(many > 2 * few for (few, _), (many, _) in apl.WBC)
    assert np.argmin([row[0][0] for row in apl.WBC]) == 0
    assert np.argmax([row[0] for row in apl.PROMYELOCYTES]) == 0 and min(k for _, k in apl.PROMYELOCYTES) >= 8
    assert np.argmin([row[0] for row in odd.PROMYELOCYTES]) == 1
    assert np.argmax(apl.CHILD) == 1 and apl.SITES == ("A", "B", "C")


@pytest.mark.parametrize("name", apl.GENE_MODULES)
def test_a_module_moves_by_at_most_one_doubling_and_not_in_every_class(name):
    genes, shift = apl.GENE_MODULES[name]
    assert len(set(genes)) == len(genes) and len(shift) == 5
    assert 0.3 < np.abs(shift).max() <= 1 and (min(shift) <= 0 or name in ("fibrinolysis", "hgf_stab1"))
    assert len(set(np.sign(shift)) - {0}) <= (2 if name == "hoxa_meis1" else 1)
    assert np.abs(odd.GENE_SHIFTS[name]).max() <= 0.6


def test_healthy_marrow_has_no_shift_of_a_pathway_and_no_pathway_moves_by_more_than_a_deviation_and_a_half():
    for name, shift in six.PATHWAY_SHIFTS.items():
        assert len(shift) == 6 and shift[5] == 0, name
        assert 0.2 < np.abs(shift).max() <= 1.5
