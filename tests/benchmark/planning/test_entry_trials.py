"""The trials of one entry: who cannot run and why, and what goes into the key of each seed and fold."""

from __future__ import annotations

import pytest

from benchmark.entries import entry_spec
from benchmark.planning import entry_trials as module
from benchmark.planning.planned import PlannedTask
from benchmark.records import Identity
from benchmark.suites import Profile
from benchmark.trials import EntryFacts
from tests.toy import toy_cohort

COHORT = toy_cohort(n=9)
PLAIN = EntryFacts()
TABLE = toy_cohort(n=9, images=False, genes=False)


def planned(name="prior", facts=PLAIN, cohort=COHORT, *, dataset="apl-sim", options=None, seeds=(), **profile):
    task = PlannedTask("t", "T", dataset, options or {}, cohort.classes, True, (), (), "data", "split", (0, 2))
    made = Profile(entries=(name,), **profile)
    return module.entry_trials(entry_spec(name), facts, task, cohort, "quick", made, seeds, "auto")


@pytest.fixture(autouse=True)
def device(monkeypatch):
    monkeypatch.setattr(module, "chosen_device", lambda asked: f"chosen of {asked}")


def test_a_trial_a_seed_and_fold_with_the_seeds_asked_for_or_the_usual_ones():
    usual = planned(facts=EntryFacts(family="control"))
    assert [t.identity for t in usual] == [Identity("quick", "t", "prior", 0, fold) for fold in (0, 2)]
    assert {(t.target, t.family) for t in usual} == {(entry_spec("prior").target, "control")}
    asked = planned(seeds=(3, 1))
    assert [(t.identity.seed, t.identity.fold) for t in asked] == [(3, 0), (3, 2), (1, 0), (1, 2)]
    assert [(t.parts["seed"], t.parts["fold"]) for t in asked] == [(3, 0), (3, 2), (1, 0), (1, 2)]


def test_the_key_tells_data_split_entry_device_and_tuning_and_no_more():
    tune = {"trials": 3, "seconds": 9.0}
    plain, *_ = planned(tune=tune)
    assert plain.parts == {
        "dataset": "data", "split": "split", "entry": entry_spec("prior").target.rpartition(":")[2], "params": {},
        "tune": None, "device": "cpu", "seed": 0, "fold": 0,
    }  # fmt: skip
    full, *_ = planned(
        "xgboost", EntryFacts(tunes=True, takes_device=True), options={"predict.modality_grid": True}, tune=tune,
        params={"xgboost": {"blocks.subsample": 1}},
    )  # fmt: skip
    assert full.parts["tune"] == tune and full.parts["device"] == "chosen of auto"
    assert full.parts["modality_grid"] is True and full.parts["params"] == {"blocks.subsample": 1.0}
    assert full.parts["entry"] == "xgboost" and full.lacking == 0 and full.model
    assert planned("xgboost", EntryFacts(tunes=True))[0].parts["tune"] is None


def test_what_a_recipe_sets_for_an_empty_slot_is_put_back_unless_it_is_given():
    bare, *_ = planned("fusion-vit", cohort=TABLE)
    assert bare.parts["params"] == {"max_epochs": 40} and bare.lacking == 2
    given, *_ = planned("fusion-vit", cohort=TABLE, params={"fusion-vit": {"max_epochs": 7}})
    assert given.parts["params"] == {"max_epochs": 7}


def test_what_is_lacking_is_named_in_order_and_of_an_own_cohort_by_its_name():
    names = frozenset("hgfedcba")
    assert {t.reason for t in planned(facts=EntryFacts(needs=names))} == {
        "needs a, b, c, d, e, f, g, h, which apl-sim does not have"
    }
    own, *_ = planned(facts=EntryFacts(needs=frozenset({"genes", "clinical"})), cohort=TABLE, dataset="/x/my.toml")
    assert own.reason == "needs genes, which toy does not have"
    bare, *_ = planned("fusion-gnn[clinical=none]", cohort=TABLE)
    assert bare.reason == "needs genes or images, which apl-sim does not have"
    assert (bare.model, bare.lacking, bare.parts["params"]) == ("", 0, {})
    assert {t.reason for t in planned("fusion-gnn", cohort=TABLE)} == {""}
