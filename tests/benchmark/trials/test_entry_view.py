"""What an entry is shown in a trial: the rows of its role and no others, and nothing that names or labels them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from benchmark.trials.trial import run_trial
from benchmark.trials.tune import TuneBudget
from datasets.cohort import Cohort, Truth
from tests.toy import toy_cohort

SECRET = "secret"
SHOWN = {
    "name", "classes", "domain", "provenance", "present", "images", "genes", "gene_names", "gene_sets", "clinical",
    "units", "target_level", "patients_known",
}  # fmt: skip
RENAMED = {"specimen", "patient"}
HIDDEN = {"truth", "official", "era", "image_facts", "unseen"}


def secretive() -> Cohort:
    """Return a cohort in which all that an entry must not see holds the word, and two specimens share a patient."""
    cohort = toy_cohort(n=60, missing=0)
    word = np.array([f"{SECRET}-{i:02d}" for i in range(60)])
    n_images = len(cohort.images.pixels)
    return replace(
        cohort,
        specimen=word,
        patient=np.where(np.arange(60) % 6 == 3, np.roll(word, 3), word),
        era=word,
        official=np.array(["train", "test"] * 30),
        image_facts=pd.DataFrame({"format": [SECRET] * n_images, "bytes": range(n_images)}),
        unseen=np.array([""] * 60),
        truth=Truth({SECRET: np.full((60, 3), 1 / 3)}, signal_genes=(SECRET,)),
    )


COHORT = secretive()
ROLES = {
    role: np.flatnonzero(np.isin(np.arange(60) % 12, places))
    for role, places in {"train": [0, 1, 2, 3, 4, 5], "valid": [6, 8, 9], "test": [7, 10], "test:B": [11]}.items()
}
OWNER = {value: i for i, value in enumerate(COHORT.genes[:, 0].tolist())}


def rows(view: Cohort) -> list[int]:
    """Return the positions in the whole cohort of a view's specimens, known by their expression."""
    return [OWNER[value] for value in view.genes[:, 0].tolist()]


def texts(thing: Any) -> Iterator[str]:
    """Yield every text that a thing holds at any depth."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, pd.DataFrame):
        yield thing.to_csv() + repr(thing.attrs) + repr(thing.index.tolist())
    elif isinstance(thing, np.ndarray):
        yield from (map(str, thing.ravel()) if thing.dtype.kind in "UO" else ())
    elif is_dataclass(thing):
        yield from texts(vars(thing))
    elif isinstance(thing, dict):
        yield from (text for pair in thing.items() for part in pair for text in texts(part))
    elif isinstance(thing, list | tuple | set):
        yield from (text for part in thing for text in texts(part))


def assert_blind(view: Cohort, *, labels: bool) -> None:
    told = [text for text in texts(vars(view)) if SECRET in text]
    assert not told, told[:3]
    assert all(getattr(view, name) is None for name in HIDDEN)
    whole = COHORT.y[rows(view)]
    assert view.y.tolist() == (whole if labels else np.full(len(view), -1)).tolist()


def test_every_part_of_a_cohort_is_either_shown_renamed_or_hidden() -> None:
    """A new part of the contract belongs to one of the lists above, on purpose."""
    assert {field.name for field in fields(Cohort)} == SHOWN | RENAMED | HIDDEN | {"y"}


@pytest.mark.parametrize("labels", [True, False])
def test_a_blinded_view_keeps_values_and_who_belongs_together_and_nothing_else(labels: bool) -> None:
    some = COHORT[np.arange(40)[::-1]]
    view = some.blinded(labels=labels)
    assert_blind(view, labels=labels)
    for name in SHOWN - {"images", "clinical"}:
        assert np.array_equal(getattr(view, name), getattr(some, name)), name
    assert view.clinical.equals(some.clinical)
    assert view.images.all_rows().tolist() == some.images.all_rows().tolist()
    same = some.patient[:, None] == some.patient
    assert ((view.patient[:, None] == view.patient) == same).all() and same.sum() > 40
    assert len(set(view.specimen)) == 40


def test_ids_of_a_view_count_its_own_rows() -> None:
    """Ids that went on counting over a whole cohort would tell the place in its file."""
    parts = [COHORT[np.arange(k, 60, 7)].blinded(labels=False) for k in (0, 5)]
    assert parts[0].specimen[:8].tolist() == parts[1].specimen[:8].tolist()
    assert parts[0].patient[0] == parts[1].patient[0]


class Witness:
    """Keeps all that it is shown; its answer is a function of each specimen's own expression."""

    needs: frozenset[str] = frozenset()
    fits: ClassVar[list[tuple[Cohort, Cohort]]] = []
    asked: ClassVar[list[Cohort]] = []
    traced: ClassVar[list[Cohort]] = []

    def __init__(self, *, seed: int, slope: float = 1.0) -> None:
        self.slope = slope

    def fit(self, train: Cohort, valid: Cohort) -> Witness:
        Witness.fits.append((train, valid))
        return self

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        Witness.asked.append(cohort)
        return answer(cohort.genes)

    def trace(self, cohort: Cohort) -> pd.DataFrame:
        Witness.traced.append(cohort)
        return pd.DataFrame({"specimen": cohort.specimen, "first": cohort.genes[:, 0]})


def answer(genes: np.ndarray) -> np.ndarray:
    first = 1 / (1 + np.exp(-genes[:, 0].astype(np.float64)))
    return np.column_stack([first / 2, first / 2, 1 - first])


@pytest.fixture(scope="module", params=["fixed", "tuned"])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    for kept in (Witness.fits, Witness.asked, Witness.traced):
        kept.clear()
    study: Path = tmp_path_factory.mktemp("study") / "s.log"
    more: dict[str, Any] = {} if request.param == "fixed" else {
        "space": lambda trial: {"slope": trial.suggest_float("slope", 0, 1)}, "budget": TuneBudget(3, 60.0),
        "study": study,
    }  # fmt: skip
    return run_trial(Witness, COHORT, ROLES, params={}, seed=3, modality_grid=True, **more)


def test_every_fit_gets_train_and_valid_and_no_other_row(outcome: Any) -> None:
    assert len(Witness.fits) == (4 if outcome.details["tuned"] else 1)
    for train, valid in Witness.fits:
        assert sorted(rows(train)) == ROLES["train"].tolist()
        assert sorted(rows(valid)) == ROLES["valid"].tolist()
        for view in (train, valid):
            assert_blind(view, labels=True)


def test_what_is_predicted_and_traced_is_blind(outcome: Any) -> None:
    full = [view for view in Witness.asked if view.present.all()]
    assert sorted(map(len, full)) == sorted([15] * (4 if outcome.details["tuned"] else 1) + [10, 5])
    assert len(Witness.asked) == len(full) + 2 * 6  # six lesser subsets of three modalities, two test roles
    for view in full + Witness.traced:
        assert_blind(view, labels=False)
        assert sorted(rows(view)) in [ROLES[role].tolist() for role in ("valid", "test", "test:B")]
    for view in Witness.asked:
        assert not [text for text in texts(vars(view)) if SECRET in text] and set(view.y) == {-1}
    assert len(Witness.traced) == 2 and {tuple(rows(v)) for v in Witness.traced} <= {tuple(rows(v)) for v in full}


def test_tuning_is_judged_on_valid_only(outcome: Any) -> None:
    if outcome.details["tuned"]:
        assert all(sorted(rows(view)) == ROLES["valid"].tolist() for view in Witness.asked[:3])


def test_each_answer_is_kept_under_its_own_specimen(outcome: Any) -> None:
    told = pd.DataFrame(outcome.predictions)
    place = [int(name.rpartition("-")[2]) for name in told["specimen"]]
    np.testing.assert_array_equal(told[["p0", "p1", "p2"]], answer(COHORT.genes[place]))
    for column in ("patient", "domain", "y"):
        assert told[column].tolist() == getattr(COHORT, column)[place].tolist()
    for role in ("valid", "test", "test:B"):
        assert sorted(np.array(place)[told["role"] == role]) == ROLES[role].tolist()
    assert outcome.trace["first"].tolist() == [COHORT.genes[int(s[-2:]), 0] for s in outcome.trace["specimen"]]
    assert outcome.trace.set_index("specimen")["role"].to_dict() == {
        COHORT.specimen[i]: role for role in ("test", "test:B") for i in ROLES[role]
    }


def test_predictions_without_some_modalities_stay_with_their_specimens(outcome: Any) -> None:
    grid = pd.DataFrame(outcome.modality_predictions)
    assert len(grid) == 7 * 15 and set(grid["role"]) == {"test", "test:B"}
    without = grid[grid["modalities"] == "images+clinical"]
    assert set(without["p0"]) == {0.25}
    with_genes = grid[grid["modalities"] == "genes"]
    place = [int(name.rpartition("-")[2]) for name in with_genes["specimen"]]
    np.testing.assert_array_equal(with_genes[["p0", "p1", "p2"]], answer(COHORT.genes[place]))
    assert with_genes["y"].tolist() == COHORT.y[place].tolist()
