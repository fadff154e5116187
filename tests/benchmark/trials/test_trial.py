"""A trial fits on train, never shows an entry what it must not see, and refuses what is not a probability."""

import dataclasses
import hashlib
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from benchmark.trials.trial import derive_seed, run_trial
from benchmark.trials.tune import TuneBudget, patient_nll
from datasets.schemes.splitters import kfold
from tests.toy import toy_cohort

COHORT = toy_cohort(n=60)
ROLES = kfold(COHORT, folds=3).roles(COHORT, 0)


class Spy:
    """Predicts with its seed and keeps what it was shown."""

    needs = frozenset()
    seen: ClassVar[dict] = {}

    def __init__(self, *, seed, shift=0.0, device="none"):
        self.seed, self.shift, self.device = seed, shift, device

    def fit(self, train, valid):
        Spy.seen.update(train=train, valid=valid, device=self.device)
        return self

    def predict_proba(self, cohort):
        Spy.seen["predicted"] = cohort
        proba = np.full((len(cohort), cohort.n_classes), 1 / cohort.n_classes)
        return proba + self.shift * np.array([2, -1, -1]) / 10


def test_entries_see_no_test_label_and_no_truth():
    run_trial(Spy, COHORT, ROLES, params={}, seed=1, device="cpu")
    assert set(Spy.seen["predicted"].y) == {-1}
    assert sorted(Spy.seen["train"].y) == sorted(COHORT.y[ROLES["train"]])
    assert Spy.seen["train"].truth is None and Spy.seen["predicted"].truth is None
    assert Spy.seen["device"] == "cpu"


class Clerk(Spy):
    """Reads the class from what a sorted file would tell: the number in the id, or the place in the row order."""

    by_place = False

    def predict_proba(self, cohort):
        number = (
            np.arange(len(cohort)) if self.by_place else np.array([int(s[-3:].strip("-n")) for s in cohort.specimen])
        )
        proba = np.full((len(cohort), 3), 0.1)
        proba[np.arange(len(cohort)), np.clip(number * 3 // len(cohort), 0, 2)] = 0.8
        return proba


class Usher(Clerk):
    by_place = True


@pytest.mark.parametrize("build", [Clerk, Usher])
def test_ids_and_order_of_a_sorted_file_tell_nothing(build):
    ordered = COHORT[np.argsort(COHORT.y, kind="stable")]
    renamed = dataclasses.replace(ordered, specimen=COHORT.specimen, patient=COHORT.patient)
    roles = {"train": np.arange(0, 60, 2), "valid": np.arange(0, 60, 2), "test": np.arange(1, 60, 2)}
    told = [
        pd.DataFrame(run_trial(build, renamed, roles, params={}, seed=seed).predictions).query("role == 'test'")
        for seed in range(20)
    ]
    accuracy = np.mean([(t[["p0", "p1", "p2"]].to_numpy().argmax(axis=1) == t["y"]).mean() for t in told])
    assert accuracy < 0.45


def test_a_trace_is_kept_under_the_real_ids():
    class Tracer(Spy):
        def trace(self, cohort):
            return pd.DataFrame({"specimen": cohort.specimen, "wbc": cohort.clinical["wbc"].to_numpy()})

    trace = run_trial(Tracer, COHORT, ROLES, params={}, seed=5).trace
    expected = pd.Series(COHORT.clinical["wbc"].to_numpy(), index=COHORT.specimen)
    assert sorted(trace["specimen"]) == sorted(COHORT.specimen[ROLES["test"]])
    pd.testing.assert_series_equal(trace["wbc"], expected[trace["specimen"]].reset_index(drop=True), check_names=False)


def test_costs_are_recorded_and_a_bad_count_is_refused():
    class Sized(Spy):
        report_: ClassVar[dict] = {"n_parameters": 12}

    details = run_trial(Sized, COHORT, ROLES, params={}, seed=1).details
    assert details["n_parameters"] == 12 and set(details["seconds"]) == {"tune", "fit", "predict"}
    assert details["n_predicted"] == len(ROLES["valid"]) + len(ROLES["test"])
    assert run_trial(Spy, COHORT, ROLES, params={}, seed=1).details["n_parameters"] is None
    for bad in (-1, 1.5, "12", True):
        Sized.report_ = {"n_parameters": bad}
        with pytest.raises(ValueError, match="give a whole number, or leave it out"):
            run_trial(Sized, COHORT, ROLES, params={}, seed=1)


def test_predictions_carry_ids_labels_and_probabilities():
    outcome = run_trial(Spy, COHORT, ROLES, params={"shift": 0.5}, seed=1)
    test = pd.DataFrame(outcome.predictions).query("role == 'test'")
    assert sorted(test["specimen"]) == sorted(COHORT.specimen[ROLES["test"]])
    assert set(outcome.predictions["role"]) == {"test", "valid"}
    assert np.allclose(test[["p0", "p1", "p2"]], [1 / 3 + 0.1, 1 / 3 - 0.05, 1 / 3 - 0.05])
    assert outcome.details["params"] == {"shift": 0.5}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda p: p[:, :2], r"returned float64 \(20, 2\), needs float64 \(20, 3\)"),
        (lambda p: p.astype(complex), "returned complex128"),
        (lambda p: p * 1.1, "20 rows are not probabilities; the first is S"),
        (lambda p: np.where(np.arange(len(p))[:, None] == 3, np.nan, p), "1 rows are not"),
        (lambda p: p + np.array([1.0, 0, -1.0]), "not probabilities"),
    ],
)
def test_what_is_not_a_probability_is_refused(bad, message):
    class Broken(Spy):
        def predict_proba(self, cohort):
            return bad(super().predict_proba(cohort))

    with pytest.raises(ValueError, match=message):
        run_trial(
            Broken,
            COHORT,
            {k: v for k, v in ROLES.items() if k != "valid"} | {"valid": ROLES["test"]},
            params={},
            seed=0,
        )


def test_seed_is_derived_from_every_axis():
    seeds = {derive_seed(s, t, f) for s in range(3) for t in ("a", "b") for f in range(3)}
    assert len(seeds) == 18
    assert derive_seed(0, "a", 1) == derive_seed(0, "a", 1)
    assert derive_seed(0, "a1", 1) != derive_seed(0, "a", 11)


def test_patient_nll_is_log_loss_when_patients_have_one_specimen():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(3), len(COHORT))
    assert patient_nll(COHORT, proba) == pytest.approx(log_loss(COHORT.y, proba, labels=[0, 1, 2]))


def test_patient_nll_of_a_sure_error_is_finite_and_averages_a_patient_first():
    sure = np.eye(3)[COHORT.y]
    assert patient_nll(COHORT, sure) == 0
    wrong = patient_nll(COHORT, np.roll(sure, 1, axis=1))
    assert wrong == pytest.approx(15 * np.log(10))  # a probability of nought counts as 1e-15
    pair = dataclasses.replace(COHORT, patient=np.where(np.arange(60) == 3, COHORT.patient[0], COHORT.patient))
    proba = sure.copy()
    proba[0], proba[3] = [0.2, 0.8, 0], [0.6, 0.4, 0]
    assert patient_nll(pair, proba) == pytest.approx(-np.log(0.4) / 59)  # one patient of 59: (0.2 + 0.6) / 2


@pytest.mark.parametrize(("off", "is_fine"), [(4e-7, True), (-4e-7, True), (4e-6, False), (-4e-6, False)])
def test_rows_may_miss_one_by_rounding_only(off, is_fine):
    class Rounded(Spy):
        def predict_proba(self, cohort):
            return super().predict_proba(cohort) + off / 3

    if is_fine:
        run_trial(Rounded, COHORT, ROLES, params={}, seed=0)
    else:
        with pytest.raises(ValueError, match="not probabilities"):
            run_trial(Rounded, COHORT, ROLES, params={}, seed=0)


class Knob(Spy):
    """Is best at height 2, which only valid can tell."""

    def __init__(self, *, seed, height=0.0):
        super().__init__(seed=seed)
        self.height = height

    def fit(self, train, valid):
        self.answer_ = dict(zip(valid.specimen.tolist(), valid.y.tolist(), strict=True))
        return self

    def predict_proba(self, cohort):
        good = np.exp(-((self.height - 2) ** 2))
        own = np.array([self.answer_.get(s, 0) for s in cohort.specimen])
        proba = np.full((len(cohort), 3), (1 - good) / 3)
        proba[np.arange(len(cohort)), own] += good
        return proba


def space(trial):
    return {"height": trial.suggest_float("height", -4, 4)}


def test_tuning_finds_the_valid_optimum_and_resumes(tmp_path):
    def tuned(trials):
        return run_trial(
            Knob,
            COHORT,
            ROLES,
            params={},
            seed=3,
            space=space,
            budget=TuneBudget(trials, 60.0),
            study=tmp_path / "s.log",
        ).details

    first = tuned(6)
    assert first["tuning"]["trials"] == 6
    more = tuned(25)
    assert more["tuning"]["trials"] == 25
    assert abs(more["params"]["height"] - 2) < 0.7
    assert more["tuning"]["valid_nll"] <= first["tuning"]["valid_nll"]
    again = tuned(25)
    assert again["params"] == more["params"]


def test_the_published_defaults_are_tried_first_and_kept_where_nothing_beats_them(tmp_path):
    def tuned(name, low, high):
        return run_trial(
            Knob, COHORT, ROLES, params={"height": 2.0}, seed=3, budget=TuneBudget(3, 60.0), study=tmp_path / name,
            space=lambda trial: {"height": trial.suggest_float("h", low, high)},
        ).details  # fmt: skip

    worse = tuned("worse", 5, 9)
    assert worse["params"] == {"height": 2.0} and worse["tuned"] is True
    assert worse["tuning"]["valid_nll"] == pytest.approx(0, abs=1e-9) and worse["tuning"]["trials"] == 3


def test_seeds_of_a_fold_share_what_was_tuned(tmp_path):
    def tuned(seed):
        more = {"space": space, "budget": TuneBudget(5, 60.0), "study": tmp_path / "s.log", "tuning_seed": 11}
        return run_trial(Knob, COHORT, ROLES, params={}, seed=seed, **more).details

    first, written = tuned(1), (tmp_path / "s.log").read_bytes()
    assert tuned(2)["params"] == first["params"] and (tmp_path / "s.log").read_bytes() == written


class Refits(Knob):
    """Says the share of class 0 among what it learned from last."""

    def fit(self, train, valid):
        Spy.seen.update(fitted=(len(train), len(valid)), order=["fit"])
        self.share_ = 0.25
        return self

    def refit(self, cohort):
        Spy.seen["order"].append("refit")
        Spy.seen["both"] = cohort
        self.share_ = float((cohort.y == 0).mean())
        return self

    def predict_proba(self, cohort):
        Spy.seen["order"].append(len(cohort))
        return np.tile([self.share_, 1 - self.share_, 0.0], (len(cohort), 1))


def test_an_entry_learns_anew_from_train_and_valid_after_valid_was_predicted():
    roles = {**ROLES, "valid": ROLES["valid"][:7], "ood:x": ROLES["test"][:2]}
    outcome = run_trial(Refits, COHORT, roles, params={}, seed=3)
    assert Spy.seen["order"] == ["fit", 7, "refit", len(roles["test"]), 2]
    both = np.concatenate([roles["train"], roles["valid"]])
    assert sorted(Spy.seen["both"].genes[:, 0]) == sorted(COHORT.genes[both, 0])
    assert set(Spy.seen["both"].y) <= {0, 1, 2} and Spy.seen["both"].truth is None
    told = pd.DataFrame(outcome.predictions).groupby("role")["p0"].unique()
    assert told["valid"].tolist() == [0.25] and told["test"].tolist() == [(COHORT.y[both] == 0).mean()]
    assert outcome.details["refitted"] is True
    assert run_trial(Spy, COHORT, ROLES, params={}, seed=3).details["refitted"] is False


class Changes(Knob):
    """Changes every part of its input that can be changed, and keeps what it found there."""

    found: ClassVar[list] = []

    def fit(self, train, valid):
        Changes.found.append(
            [(c.clinical["wbc"].sum(), float(c.genes.sum()), c.y.sum(), len(c.gene_sets)) for c in (train, valid)]
        )
        self._spoil(train)
        self._spoil(valid)
        return self

    def predict_proba(self, cohort):
        Changes.found.append((len(cohort), cohort.clinical["wbc"].sum(), float(cohort.genes.sum()), len(cohort.units)))
        self._spoil(cohort)
        return np.full((len(cohort), 3), 1 / 3)

    @staticmethod
    def _spoil(cohort):
        cohort.clinical["wbc"] = cohort.clinical["wbc"] / 10
        for array in (cohort.genes, cohort.y, cohort.present, cohort.images.starts, cohort.images.rows):
            array[:] = 0
        cohort.gene_sets.clear()
        cohort.units.clear()
        with pytest.raises(ValueError, match="read-only"):
            cohort.images.pixels[0] = 0


def test_what_an_entry_does_to_its_input_reaches_no_other_fit_and_no_prediction(tmp_path):
    before = COHORT.fingerprint, COHORT.images.pixels.sum()
    budget = TuneBudget(3, 60.0)
    Changes.found = []
    run_trial(
        Changes,
        COHORT,
        ROLES,
        params={},
        seed=3,
        space=space,
        budget=budget,
        study=tmp_path / "s.log",
        modality_grid=True,
    )
    fits = [seen for seen in Changes.found if isinstance(seen, list)]
    assert len(fits) == 4 and all(seen == fits[0] for seen in fits)
    whole = [seen for seen in Changes.found if isinstance(seen, tuple)][:4]  # defaults, two suggestions, the final fit
    assert whole[0] == whole[1] == whole[2] == whole[3] and whole[0][3] == 2
    again = COHORT[np.arange(len(COHORT))]
    assert (again.fingerprint, again.images.pixels.sum()) == before


class Draws(Knob):
    def fit(self, train, valid):
        self.draw_ = np.random.rand()  # noqa: NPY002  entries from outside do
        return self

    def predict_proba(self, cohort):
        return np.tile([self.draw_, 1 - self.draw_, 0.0], (len(cohort), 1))


def test_the_final_fit_draws_the_same_whatever_was_tried_before(tmp_path):
    tuned = [
        run_trial(
            Draws,
            COHORT,
            ROLES,
            params={},
            seed=3,
            space=space,
            budget=TuneBudget(n, 60.0),
            study=tmp_path / f"{n}.log",
        )
        for n in (1, 4)
    ]
    np.random.rand(5)  # noqa: NPY002  as something else in the process might
    tuned.append(run_trial(Draws, COHORT, ROLES, params={}, seed=3))
    assert len({outcome.predictions["p0"][0] for outcome in tuned}) == 1


class Scores(Knob):
    """Rows sum to more than one, and look surer than any probability, above a height of zero; fails below minus two."""

    def predict_proba(self, cohort):
        if self.height < -2:
            raise RuntimeError("does not converge")
        return np.full((len(cohort), 3), 1.0 if self.height > 0 else 1 / 3)


def test_a_suggestion_without_probabilities_is_a_failed_one_and_named(tmp_path):
    def tuned(name, low, high, trials=8):
        return run_trial(
            Scores,
            COHORT,
            ROLES,
            params={"height": float(low + high) / 2},
            seed=3,
            space=lambda trial: {"height": trial.suggest_float("height", low, high)},
            budget=TuneBudget(trials, 60.0),
            study=tmp_path / name,
        ).details

    details = tuned("mixed", -4, 4, trials=12)
    summary = details["tuning"]
    assert -2 <= details["params"]["height"] <= 0 and summary["trials"] == 12 and summary["failed"]
    assert all(not -2 <= f["params"]["height"] <= 0 for f in summary["failed"] if f["params"])
    texts = {f["error"].partition(":")[0] for f in summary["failed"]}
    assert texts <= {"ValueError", "RuntimeError"}
    with pytest.raises(
        ValueError, match=r"none of 3 suggestions .* predict_proba on valid: \d+ rows are not probabilit"
    ):
        tuned("above", 1, 4, trials=3)
    with pytest.raises(ValueError, match=r"none of 3 suggestions .* RuntimeError: does not converge"):
        tuned("below", -4, -3, trials=3)


def test_a_seed_is_31_bits_of_a_hash_of_its_axes():
    for axes in ((0, "a", 1), (7,), ("x", 2)):
        text = "\x1f".join(map(str, axes))
        assert derive_seed(*axes) == int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) // 2 < 2**31


def test_tuning_is_told_as_done_left_out_or_impossible(tmp_path):
    def told(**more):
        return run_trial(Knob, COHORT, ROLES, params={}, seed=3, **more).details["tuned"]

    budget, study = TuneBudget(1, 60.0), tmp_path / "s.log"
    assert told() is None and told(budget=budget) is None and told(space=space) is False
    assert told(space=space, budget=budget, study=study) is True
    with pytest.raises(ValueError, match="tuning needs a file for its study"):
        told(space=space, budget=budget)


def test_seconds_go_to_what_they_were_spent_on(monkeypatch):
    now = [0.0]

    class Slow(Spy):
        def fit(self, train, valid):
            now[0] += 1
            return self

        def refit(self, cohort):
            now[0] += 10
            return self

        def predict_proba(self, cohort):
            now[0] += 100
            return super().predict_proba(cohort)

    monkeypatch.setattr("benchmark.trials.trial.time.perf_counter", lambda: now[0])
    details = run_trial(Slow, COHORT, ROLES, params={}, seed=3, modality_grid=True).details
    assert details["seconds"] == {"tune": 0.0, "fit": 11.0, "predict": 200.0}


@pytest.mark.parametrize("seed", [3, 4])
def test_rows_come_in_an_order_of_the_seed_and_a_second_fit_draws_as_the_first(seed):
    class Drawn(Spy):
        def fit(self, train, valid):
            Spy.seen.update(train=train, first=np.random.rand())  # noqa: NPY002  entries from outside do
            return self

        def refit(self, cohort):
            Spy.seen.update(both=cohort, second=np.random.rand())  # noqa: NPY002
            return self

    run_trial(Drawn, COHORT, ROLES, params={}, seed=seed)
    both = np.concatenate([ROLES["train"], ROLES["valid"]])
    for name, rows in (("train", ROLES["train"]), ("both", both), ("predicted", ROLES["test"])):
        order = np.random.default_rng([seed, len(rows)]).permutation(rows)
        assert Spy.seen[name].genes.tolist() == COHORT.genes[order].tolist()
    draw = np.random.RandomState(seed).rand()
    assert Spy.seen["first"] == Spy.seen["second"] == draw


def test_roles_are_predicted_and_traced_in_one_order_and_traces_come_by_specimen():
    class Tracer(Spy):
        def trace(self, cohort):
            return pd.DataFrame({"specimen": cohort.specimen})

    parts = dict(zip(["ood:b", "test:Z", "test", "ood:a", "test:B"], np.array_split(ROLES["test"], 5), strict=True))
    outcome = run_trial(Tracer, COHORT, {**parts, "train": ROLES["train"], "valid": ROLES["valid"]}, params={}, seed=3)
    ordered = ["valid", "test", "test:B", "test:Z", "ood:a", "ood:b"]
    assert list(dict.fromkeys(outcome.predictions["role"].tolist())) == ordered
    assert list(dict.fromkeys(outcome.trace["role"])) == ordered[1:4]
    assert outcome.trace.index.tolist() == list(range(len(outcome.trace)))
    for role in ordered[1:4]:
        shown = outcome.trace.loc[outcome.trace["role"] == role, "specimen"].tolist()
        assert shown == sorted(COHORT.specimen[parts[role]].tolist())
    without = {"train": ROLES["train"], "valid": ROLES["valid"]}
    assert run_trial(Tracer, COHORT, without, params={}, seed=3).trace is None
    assert run_trial(Spy, COHORT, ROLES, params={}, seed=3).trace is None


def test_a_subset_that_an_entry_cannot_do_without_is_a_hole_with_its_reason():
    class Picky(Spy):
        def predict_proba(self, cohort):
            if not cohort.has("genes").any():
                raise RuntimeError("needs genes")
            return super().predict_proba(cohort)

    outcome = run_trial(Picky, COHORT, ROLES, params={}, seed=3, modality_grid=True)
    holes = outcome.details["modality_holes"]
    assert holes == dict.fromkeys(["images", "clinical", "images+clinical"], "RuntimeError: needs genes")
    grid = pd.DataFrame(outcome.modality_predictions)
    assert set(grid["modalities"]) == {"images+genes+clinical", "genes", "images+genes", "genes+clinical"}
    assert grid["modalities"].iloc[0] == "images+genes+clinical" and set(grid["role"]) == {"test"}
    assert set(grid["modalities"].value_counts()) == {len(ROLES["test"])}
    plain = run_trial(Picky, COHORT, ROLES, params={}, seed=3)
    assert plain.modality_predictions is None and "modality_holes" not in plain.details


def test_the_device_is_given_to_entries_that_take_one_and_told_of_all():
    class Plain(Spy):
        def __init__(self, *, seed, shift=0.0):
            super().__init__(seed=seed)

    for build, given in ((Spy, "cuda"), (Plain, "none")):
        assert run_trial(build, COHORT, ROLES, params={}, seed=3, device="cuda").details["device"] == "cuda"
        assert Spy.seen["device"] == given
