"""One entry of a model runs, whatever was asked for in which order; the others say which."""

import re

import pandas as pd

from benchmark.planning.one_model import one_row_a_model
from benchmark.planning.plan import Plan
from benchmark.planning.planned import PlannedTask, PlannedTrial
from benchmark.records import Store
from benchmark.records.store import Identity
from tests.benchmark.small_run import said, write_cohort


def trials(entry, model="m", *, lacking=2, seeds=(0,), folds=(0, 1), task="t"):
    parts = {"dataset": "d", "split": "s", "entry": entry}
    return [
        PlannedTrial(
            Identity("quick", task, entry, seed, fold),
            f"recipe:{entry}",
            {**parts, "seed": seed, "fold": fold},
            "deep",
            model=model,
            lacking=lacking,
        )
        for seed in seeds
        for fold in folds
    ]


def plan(*each):
    told = PlannedTask("t", "t", "own", {}, ("a", "b"), True, (), (), "d", "s", (0, 1))
    return Plan("s", "S", "quick", {"t": told}, one_row_a_model([trial for some in each for trial in some]))


def same(plan):
    return {t.identity.entry: t.same_as for t in plan.trials}


def test_the_entry_whose_recipe_lacks_least_runs_of_these_the_first():
    assert same(plan(trials("a"), trials("b", lacking=0), trials("c"))) == {"a": "b", "b": "", "c": "b"}
    assert same(plan(trials("a"), trials("b", lacking=1))) == {"a": "b", "b": ""}
    assert same(plan(trials("b"), trials("a"))) == {"b": "", "a": "b"}
    assert same(plan(trials("a"), trials("b", model="n"), trials("c", model=""), trials("d", model=""))) == {
        **dict.fromkeys("abcd", "")
    }
    tasks = plan(trials("a"), trials("b", task="other"))
    assert same(tasks) == {"a": "", "b": ""}


def test_an_entry_that_ran_for_others_before_still_does():
    before = plan(trials("b"))
    merged = plan(trials("a"), trials("b")).merged(before, ["t"])
    assert same(merged) == {"a": "b", "b": ""}
    assert same(plan(trials("a")).merged(before, ["t"])) == {"a": "b", "b": ""}
    assert same(plan(trials("a", lacking=0)).merged(before, ["t"])) == {"a": "", "b": "a"}


def test_who_runs_for_another_gets_its_seeds_and_folds():
    merged = plan(trials("a", seeds=(0, 1))).merged(plan(trials("b", lacking=0)), ["t"])
    runs = {(t.identity.entry, t.identity.seed, t.identity.fold) for t in merged.trials if not t.same_as}
    assert runs == {("b", seed, fold) for seed in (0, 1) for fold in (0, 1)}
    assert all((t.parts["seed"], t.parts["fold"]) == (t.identity.seed, t.identity.fold) for t in merged.trials)
    assert all(t.parts["entry"] == t.identity.entry and t.target == f"recipe:{t.identity.entry}" for t in merged.trials)


def test_what_was_asked_for_is_answered_by_who_runs_for_it():
    asked = plan(trials("a", seeds=(0, 1)))
    full = asked.merged(plan(trials("b", lacking=0), trials("c", model="n")), ["t"])
    assert {t.identity.entry for t in full.answering(asked).trials} == {"a", "b"}
    assert {t.identity.entry for t in full.answering(plan(trials("c", model="n"))).trials} == {"c"}


def test_a_run_fits_one_model_once_and_shows_both_rows(tmp_path):
    """The cohort has clinical values only: what is left of the sum of experts is its naive Bayes."""
    cohort, out = str(write_cohort(tmp_path / "c")), tmp_path / "runs"
    code, text = said(datasets=(cohort,), out=out, entries=("prior", "product-of-experts"))
    assert code == 0 and "same model" not in text  # alone it runs itself
    code, text = said(datasets=(cohort,), out=out, entries=("naive-bayes-clinical", "product-of-experts"))
    assert code == 0 and "2 to do, 2 the same as another entry's" in text
    assert "product-of-experts is the same model as naive-bayes-clinical here; its scores are in that row" in text
    records, _ = Store(out, "own").records()
    entries = [record.identity.entry for record in records]
    assert sorted(entries) == ["naive-bayes-clinical"] * 2 + ["prior"] * 2 + ["product-of-experts"] * 2
    files = {path.parent.name: path.read_bytes() for path in (out / "own").glob("*/predictions.parquet")}
    by_entry = [{files[r.key[:16]] for r in records if r.identity.entry == e} for e in sorted(set(entries))]
    assert by_entry[0] == by_entry[2] != by_entry[1]  # what was kept of the first run is what runs for it now
    scores = pd.read_csv(out / "own" / "leaderboard.quick" / "leaderboard.csv").set_index("entry")
    assert scores.loc["product-of-experts", "value"].isna().all()
    assert set(scores.loc["product-of-experts", "note"]) == {"same as naive-bayes-clinical"}
    assert scores.loc["naive-bayes-clinical", "value"].notna().any()


def test_a_dry_run_says_who_runs_for_whom(tmp_path):
    cohort = str(write_cohort(tmp_path / "c"))
    entries = ("product-of-experts", "naive-bayes-clinical")
    code, text = said(datasets=(cohort,), out=tmp_path / "runs", entries=entries, dry_run=True)
    assert code == 0 and re.search(r"product-of-experts .*is the same as naive-bayes-clinical here", text)
    assert "2 trials are left" in text
