"""Every registered entry keeps the contract on small cohorts: with all modalities, with each alone, with gaps."""

import inspect

import numpy as np
import pandas as pd
import pytest

from benchmark.entries.recipes import recipes
from benchmark.entries.registry import entries, entry_class, entry_spec
from benchmark.entries.resolve import resolve
from benchmark.trials.trial import given_by_harness, run_trial
from datasets.schemes.splitters import kfold
from tests.toy import toy_cohort

RULES = {"rules-apl", "rules-apl-knows-generator", "rules-hematopoiesis", "rules-mito"}
UNTUNED = {"prior", "missingness-only", "border-only", "background-only", "site-only"}
LEARNERS = sorted(set(entries()) - RULES)
SMALL = {"max_epochs": 2, "n_estimators": 20, "blocks.n_estimators": 20, "blocks.C": 0.1}


def settings(name):
    """Return the hyper-parameters of an entry: those of a recipe's parts and skeleton, or those of a class."""
    if name in recipes():
        return set(resolve(name).known())
    return set(inspect.signature(entry_class(entry_spec(name))).parameters)


def quick(name):
    return {k: v for k, v in SMALL.items() if k in settings(name)}


def outcome(name, cohort, seed=0):
    build = entry_class(entry_spec(name))
    roles = kfold(cohort, folds=3).roles(cohort, 0)
    return run_trial(build, cohort, roles, params=quick(name), seed=seed)


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize(
    "parts", [("images", "genes", "clinical"), ("images",), ("genes",), ("clinical",)], ids="+".join
)
def test_entries_run_on_whatever_a_dataset_has(name, parts):
    build = entry_class(entry_spec(name))
    if not set(build.needs) <= set(parts):
        pytest.skip(f"needs {sorted(build.needs)}")
    if name in recipes() and not resolve(name).modalities & set(parts):
        pytest.skip(f"reads {sorted(resolve(name).modalities)}")
    cohort = toy_cohort(n=36, **{m: m in parts for m in ("images", "genes", "clinical")})
    frame = pd.DataFrame(outcome(name, cohort).predictions)
    proba = frame[["p0", "p1", "p2"]].to_numpy()
    assert np.allclose(proba.sum(axis=1), 1) and (frame["role"] == "test").sum() == 12


@pytest.mark.parametrize("name", sorted(entries()))
def test_an_entry_takes_keyword_only_arguments_with_defaults_and_a_seed(name):
    build = entry_class(entry_spec(name))
    parameters = inspect.signature(build).parameters
    named = [p for p in parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in named)
    assert all(p.default is not inspect.Parameter.empty for p in named if p.name != "seed")
    build(**given_by_harness(build, 0, "cpu"))


@pytest.mark.parametrize("name", sorted(entries()))
def test_search_spaces_suggest_arguments_that_exist(name):
    import optuna

    from benchmark.trials.entry_facts import search_space

    spec = entry_spec(name)
    space = search_space(spec)
    if space is None:
        assert name in RULES | UNTUNED
        return
    trial = optuna.create_study().ask()
    chosen = space(trial)
    assert chosen and set(chosen) <= settings(name)
    entry_class(spec)(**given_by_harness(entry_class(spec), 0, "cpu"), **chosen)
