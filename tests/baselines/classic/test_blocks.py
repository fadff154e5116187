"""What parts hand to one another: rows that were measured, renumbered specimens, views that read labels."""

import numpy as np
import pandas as pd
import pytest

from baselines.classic import Blocks, FittedEstimator, Learners, Table, all_classes, join, measured

NAMES = np.array(list("abcdef"))
Y = np.array([0, 1, 2, 0, 1, 2])


def cells(sizes):
    """Return a table with a row a cell, which says whose it is and which."""
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return pd.DataFrame({"cells:of": owner * 1.0, "cells:number": np.arange(len(owner)) * 1.0}, index=owner)


def test_a_row_counts_as_measured_when_anything_in_it_was():
    X = pd.DataFrame({"genes:a": [1, np.nan, np.nan, 4], "genes:b": [1, 2, np.nan, np.nan]}, index=[3, 5, 6, 9])
    assert measured(X).index.tolist() == [3, 5, 9]


def test_parts_of_blocks_are_those_of_a_loop():
    tables = {"cells": cells([2, 0, 1, 3, 1, 2]), "genes": pd.DataFrame({"genes:a": np.arange(6.0)})}
    blocks = Blocks(tables, Y, NAMES, 3, {})
    learn, held = np.array([4, 0, 3]), np.array([5, 1])
    for part, rows in zip(blocks.split(learn, held), (learn, held), strict=True):
        assert part.y.tolist() == Y[rows].tolist() and part.patient.tolist() == NAMES[rows].tolist()
        expected = [tables["cells"][tables["cells"].index == i].set_axis([k] * n)
                    for k, i in enumerate(rows) for n in [(tables["cells"].index == i).sum()]]  # fmt: skip
        pd.testing.assert_frame_equal(part.tables["cells"], pd.concat(expected), check_index_type=False)
        assert part.tables["genes"]["genes:a"].tolist() == rows.tolist() and part.n_classes == 3
    one = blocks.one("cells")
    assert one.y.tolist() == np.repeat(Y, [2, 0, 1, 3, 1, 2]).tolist()
    assert one.patient.tolist() == np.repeat(NAMES, [2, 0, 1, 3, 1, 2]).tolist() and one.remake is None
    assert list(blocks.only("genes").tables) == ["genes"] and blocks.only("genes").y is Y


def test_nobody_has_the_columns_and_no_row():
    X = pd.DataFrame({"genes:a": np.arange(6.0)})
    table, blocks = Table(X, Y, NAMES, 3).nobody(), Blocks({"genes": X}, Y, NAMES, 3, {"genes": lambda _: X}).nobody()
    assert list(table.X.columns) == list(blocks.tables["genes"].columns) == ["genes:a"] and blocks.remake == {}
    sizes = {len(part) for part in (table.X, table.y, table.patient, blocks.tables["genes"], blocks.y, blocks.patient)}
    assert sizes == {0} and table.n_classes == blocks.n_classes == 3


def test_a_view_that_reads_labels_sees_in_every_fold_the_specimens_to_learn_from_and_nobody_else():
    """The remade table says which specimens it was made from, by their numbers in all of train."""

    def remake(learn):
        made = pd.DataFrame({"genes:from": np.full(6, sum(10.0**i for i in learn)), "genes:who": np.arange(6.0)})
        made.loc[1] = np.nan  # one that has no genes
        return made

    other = pd.DataFrame({"clinical:a": np.arange(6.0)})
    blocks = Blocks({"genes": remake(np.arange(6)), "clinical": other}, Y, NAMES, 3, {"genes": remake})
    learn, held = np.array([5, 0, 2, 1]), np.array([3, 4])
    part, rest = blocks.split(learn, held)
    assert part.tables["genes"]["genes:from"].dropna().tolist() == [100111] * 3 and rest.remake == {}
    assert rest.tables["genes"]["genes:who"].tolist() == [3, 4]
    inner, out = part.split(np.array([2, 0]), np.array([1]))
    assert inner.tables["genes"]["genes:from"].tolist() == [100100] * 2
    assert inner.tables["genes"]["genes:who"].tolist() == [2, 5] and out.tables["genes"]["genes:who"].tolist() == [0]
    assert blocks.only("genes").remake == {"genes": remake} and blocks.only("clinical").remake == {}
    one = blocks.one("genes")  # without specimen 1
    assert one.X["genes:who"].tolist() == [0, 2, 3, 4, 5]
    first, second = one.split(np.array([1, 4]), np.array([0]))
    assert first.X["genes:from"].tolist() == [100100] * 2 and first.X["genes:who"].tolist() == [2, 5]
    assert second.X["genes:who"].tolist() == [0]
    joined = blocks.joined()
    assert list(joined.X.columns) == ["genes:from", "genes:who", "clinical:a"] and joined.patient is NAMES
    again = joined.split(np.array([3, 5]), np.array([0]))[0]
    assert again.X["genes:from"].tolist() == [101000] * 2 and again.X["clinical:a"].tolist() == [3, 5]
    assert blocks._replace(remake={}).joined().remake is None


def test_rows_of_cells_do_not_stand_beside_columns_of_specimens():
    with pytest.raises(ValueError, match="cells: a row a cell cannot stand beside"):
        join({"genes": pd.DataFrame({"genes:a": np.arange(2.0)}), "cells": cells([1, 2])})


def test_weights_and_shares_count_patients():
    table = Table(pd.DataFrame(index=range(4)), np.array([0, 0, 2, 2]), np.array(list("aabc")), 4)
    assert table.weight.tolist() == pytest.approx([2 / 3, 2 / 3, 4 / 3, 4 / 3])
    assert table.prior.tolist() == pytest.approx([1 / 3, 0, 2 / 3, 0])


def test_probabilities_are_placed_and_add_up_to_one():
    proba = all_classes(np.array([[0.5, 1.5], [3.0, 1.0]]), np.array([2, 0]), 4)
    assert proba.tolist() == [[0.75, 0, 0.25, 0], [0.25, 0, 0.75, 0]]


def test_an_estimator_is_wrapped_with_what_it_chose():
    class Two:
        classes_ = np.array([1, 2])
        coef_, intercept_ = np.zeros((2, 3)), np.zeros(2)

        def predict_proba(self, X):
            return np.tile([0.25, 0.75], (len(X), 1))

    found = FittedEstimator.of(Two(), 3, settled="this", C=4)
    assert found.facts == {"n_parameters": 8, "C": 4} and found.settled == "this"
    assert found.predict_proba(pd.DataFrame(index=range(1))).tolist() == [[0, 0.25, 0.75]]


def test_a_group_has_its_own_learner_or_the_usual_one():
    learners = Learners("usual", {"genes": "own"})
    assert (learners.of("genes"), learners.of("cells")) == ("own", "usual")
    again = learners.settled({"cells": "chosen"})
    assert again == Learners("usual", {"genes": "own", "cells": "chosen"})
    assert learners.settled({"genes": "new"}).of("genes") == "new"
