"""Validation predictions: refused with the first row that is wrong, averaged by patient, laid beside the tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leaderboard.records.check import ResultError
from leaderboard.records.held_out import averaged, by_patient, check_valid, lacking_classes, models
from leaderboard.records.results import TaskResult
from tests.leaderboard.held_out_task import rows, task_of

Y, PROBA = np.array([0, 1, 2]), np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])


def task() -> TaskResult:
    cells = [(entry, seed, fold) for entry in ("a", "b") for seed in (0, 1) for fold in (0, 1)]
    parts = {
        role: pd.concat([rows(e, role, Y, PROBA, seed=s, fold=f, first=10 * f) for e, s, f in cells], ignore_index=True)
        for role in ("test", "valid")
    }
    return task_of(parts["test"], parts["valid"])


def changed(column: str, value: object, at: tuple[int, ...] = (1, 7)) -> TaskResult:
    given = task()
    assert given.valid is not None
    valid = given.valid.astype({column: object})
    valid.loc[list(at), column] = value
    return replace(given, valid=valid.infer_objects())


def test_what_is_sound_or_was_never_kept_is_taken() -> None:
    check_valid(task())
    check_valid(replace(task(), valid=None))
    check_valid(changed("p0", 0.2 + 9e-7))
    check_valid(changed("patient", "test-00010", (1,)))  # whom another fold tests


SECOND = r"{'entry': 'a', 'seed': 0, 'fold': 0, 'role': 'valid', 'specimen': 'valid-00001'"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (replace(task(), valid=task().valid.drop(columns=["domain", "p1"])), r"lack the columns \['domain', 'p1'\]"),
        (changed("p0", np.nan), rf"have 2 bad rows, first: {SECOND}"),
        (changed("p0", 0.2 - 2e-6), rf"have 2 bad rows, first: {SECOND}"),
        (changed("p0", 0.2 + 2e-6), rf"have 2 bad rows, first: {SECOND}"),
        (replace(changed("p0", -0.1, (1,)), valid=changed("p0", -0.1, (1,)).valid.assign(
            p1=lambda t: 1 - t["p0"] - t["p2"])), rf"have 1 bad rows, first: {SECOND}"),
        (changed("y", 3), rf"have 2 bad rows, first: {SECOND}"),
        (changed("y", -1), rf"have 2 bad rows, first: {SECOND}"),
        (changed("patient", "test-00001", (1, 7)), r"tests 2 patients of its validation part, first: {'entry': 'a', "
         r"'seed': 0, 'fold': 0, 'patient': 'test-00001'}"),
        (replace(task(), ood=task().valid.assign(patient="valid-00001")), r"of an unseen class in its validation part, "
         r"first: {'entry': 'a', 'seed': 0, 'fold': 0, 'patient': 'valid-00001'}"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_first_row(given: TaskResult, said: str) -> None:
    with pytest.raises(ResultError, match=said):
        check_valid(given)
    with pytest.raises(ResultError, match=said):
        by_patient(given)


def several() -> TaskResult:
    """Return a task whose first patient has two specimens, of two domains."""
    given = task()
    more = given.predictions[given.predictions["patient"] == "test-00000"]
    more = more.assign(specimen="more", domain="0", p0=0.5, p1=0.2, p2=0.3)
    return replace(given, predictions=pd.concat([given.predictions, more], ignore_index=True))


def test_specimens_of_a_patient_are_averaged_in_every_table() -> None:
    given = replace(
        several(), ood=several().predictions.assign(role="ood:Z", y=-1, patient=lambda t: "u" + t["patient"])
    )
    found = by_patient(given)
    for table, before in ((found.predictions, given.predictions), (found.ood, given.ood), (found.valid, given.valid)):
        keys = ["entry", "seed", "fold", "role", "patient"]
        assert not table.duplicated(keys).any() and (table["specimen"] == table["patient"]).all()
        wanted = before.groupby(keys)[["p0", "p1", "p2"]].mean()
        pd.testing.assert_frame_equal(table.set_index(keys)[["p0", "p1", "p2"]].sort_index(), wanted)
    assert found.predictions.iloc[0][["patient", "domain", "p0"]].tolist() == ["test-00000", "0", 0.75]
    assert by_patient(replace(several(), valid=None)).valid is None


def test_a_task_of_specimens_stays_as_it_is() -> None:
    given = several()
    assert averaged(replace(given, level="specimen"), given.predictions) is given.predictions
    mixed = given.predictions.assign(y=given.predictions["y"].mask(given.predictions["specimen"] == "more", 1))
    assert averaged(replace(given, predictions=mixed), mixed) is mixed
    assert averaged(replace(given, predictions=mixed.iloc[:0]), mixed.iloc[:0]).empty


def test_each_model_has_its_own_validation_part() -> None:
    given = task()
    assert given.valid is not None
    lost = given.valid[(given.valid["entry"] != "b") | (given.valid["seed"] == 1) | (given.valid["fold"] == 1)]
    found = models(replace(given, valid=lost), "b")
    cells = [tuple(tests[["entry", "seed", "fold"]].drop_duplicates().iloc[0]) for tests, _ in found]
    assert cells == [("b", 0, 0), ("b", 0, 1), ("b", 1, 0), ("b", 1, 1)]
    assert [len(valid) for _, valid in found] == [0, 3, 3, 3] and list(found[0][1]) == list(given.valid)
    for cell, (_, valid) in list(zip(cells, found, strict=True))[1:]:
        assert set(valid[["entry", "seed", "fold"]].itertuples(index=False, name=None)) == {cell}
    assert models(replace(given, valid=None), "b") == []


def test_classes_that_nobody_of_a_validation_part_has() -> None:
    given = task()
    assert given.valid is not None
    part = given.valid[given.valid["y"] == 1]
    assert lacking_classes(given, part) == ["A", "C"] and lacking_classes(given, given.valid) == []
    tested = replace(given, predictions=given.predictions[given.predictions["y"] != 0])
    assert lacking_classes(tested, part) == ["C"]  # A has no patient anywhere
