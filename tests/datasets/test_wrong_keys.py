"""A mistyped key is told once, beside what it may mean, and nothing that only follows from it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError, field_validator, model_validator

from benchmark.suites.suite import Suite
from datasets.own.cohort_file import OwnFile
from datasets.wrong_keys import mistakes

SUITE = {
    "name": "mine",
    "title": "Mine",
    "tasks": [
        {"name": "t", "title": "T", "dataset": "apl-sim", "split": {"scheme": "kfold", "folds": 3}},
        {"name": "u", "title": "U", "dataset": "apl-sim", "split": {"scheme": "kfold", "folds": 4}},
    ],
    "profiles": {"quick": {"entries": ["prior"], "tune": {"trials": 2, "seconds": 5}}},
}
COHORT = {
    "name": "own",
    "specimens": {"table": "t.csv", "label": "diagnosis"},
    "genes": {"table": "g.csv", "orientation": "columns"},
    "clinical": {"columns": {"age": {"column": "Alter", "unit": "years"}, "sex": {"categories": ["f", "m"]}}},
}
FREE = {("profiles", "quick"), ("clinical", "columns", "age"), ("clinical", "columns", "sex")}  # keys that users choose


def keys(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(key, str) and (*path, key) not in FREE:
            yield (*path, key)
        yield from keys(part, (*path, key))


def misspelt(told: Any, path: tuple[Any, ...]) -> tuple[Any, str]:
    """Return a copy in which two letters of a key have changed places, and the key."""
    changed = copy.deepcopy(told)
    home = changed
    for part in path[:-1]:
        home = home[part]
    *_, key = path
    wrong = f"{key[:-2]}{key[-1]}{key[-2]}"
    home[wrong] = home.pop(key)
    return changed, wrong


CASES = [(Suite, SUITE, path) for path in keys(SUITE)] + [(OwnFile, COHORT, path) for path in keys(COHORT)]


@pytest.mark.parametrize(("model", "told", "path"), CASES, ids=[".".join(map(str, path)) for *_, path in CASES])
def test_each_key_that_is_misspelt_is_told_once(model, told, path):
    model.model_validate(told)
    changed, wrong = misspelt(told, path)
    with pytest.raises(ValidationError) as caught:
        model.model_validate(changed)
    (said,) = mistakes(caught.value, model)
    place = ".".join(map(str, (*path[:-1], wrong)))
    assert said.startswith(f"{place}: unknown key; did you mean ") and path[-1] in said.partition("mean ")[2]


def test_mistakes_that_are_two_are_told_both():
    changed, _ = misspelt(SUITE, ("tasks", 0, "split", "folds"))
    del changed["title"], changed["tasks"][1]["dataset"]
    changed["tasks"][1]["split"]["folds"] = 1
    with pytest.raises(ValidationError) as caught:
        Suite.model_validate(changed)
    assert sorted(mistakes(caught.value, Suite)) == [
        "tasks.0.split.folsd: unknown key; did you mean folds?",
        "tasks.1.dataset: is missing",
        "tasks.1.split.folds: Input should be greater than or equal to 2 (got 1)",
        "title: is missing",
    ]


def test_a_key_that_means_nothing_is_told_beside_the_known_ones():
    with pytest.raises(ValidationError) as caught:
        Suite.model_validate({**SUITE, "profiles": {"quick": {"entries": ["prior"], "xyz": 1}}})
    told = "profiles.quick.xyz: unknown key; known keys: entries, seeds, tune, trial_seconds, params"
    assert mistakes(caught.value, Suite) == [told]


class Leaf(BaseModel, extra="forbid"):
    count: int = 0
    note: str = "x"


class Tree(BaseModel, extra="forbid"):
    leaf: Leaf | None = None
    leaves: list[Leaf] = []
    by_name: dict[str, Leaf] = {}
    pair: tuple[Leaf, ...] = ()
    odd: int | str = 0

    @field_validator("odd", mode="after")
    @classmethod
    def _is_even(cls, value):
        if value == 3:
            raise ValueError("is odd")
        return value

    @model_validator(mode="after")
    def _is_not_lone(self):
        if self.odd == 7 and not self.leaves:
            raise ValueError("write leaves")
        return self


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"leaf": {"cuont": 1}}, ["leaf.cuont: unknown key; did you mean count?"]),
        ({"leaves": [{}, {"zzz": 1}]}, ["leaves.1.zzz: unknown key; known keys: count, note"]),
        ({"by_name": {"a": {"Note": 1}}}, ["by_name.a.Note: unknown key; did you mean note?"]),
        ({"pair": [{"countt": 1}]}, ["pair.0.countt: unknown key; did you mean count?"]),
        ({"leav": 1}, ["leav: unknown key; did you mean leaves or leaf?"]),
        ({"odd": 3}, ["odd: is odd"]),
        ({"odd": 7}, ["the file: write leaves"]),
        ({"leaf": {"count": "x" * 58}}, [f"leaf.count: Input should be a valid integer, unable to parse string as an "
                                         f"integer (got '{'x' * 58}')"]),
        ({"leaf": {"count": "x" * 59}}, ["leaf.count: Input should be a valid integer, unable to parse string as an "
                                         "integer"]),
        ({"leaf": {"count": [1]}}, ["leaf.count: Input should be a valid integer"]),
        ({"leaf": {"note": 1.5}}, ["leaf.note: Input should be a valid string (got 1.5)"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(told, said):
    with pytest.raises(ValidationError) as caught:
        Tree.model_validate(told)
    assert mistakes(caught.value, Tree) == said
