"""Every number that an entry takes has a range, and what lies outside of it is refused when the entry is read."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.entries import UsageError, checked_params, entries, entry_class, entry_spec, recipes, resolve
from benchmark.entries.interval import Interval
from benchmark.entries.parts import NONE, part_settings, skeleton
from benchmark.entries.recipe_entry import recipe_space
from benchmark.entries.resolve import checked, checked_together
from benchmark.entries.value_check import class_settings
from tests.toy import toy_cohort

PACKAGES = ("baselines", "models")


def hosts():
    """Return (entry with a part in place, "slot.name" or "name", hyper-parameter) of every part and skeleton."""
    found = []
    for package in PACKAGES:
        frame = skeleton(package)
        names = [name for name, recipe in recipes().items() if recipe.package == package]
        for slot, parts in frame.slots.items():
            outer = frame.within.get(slot, slot)
            host = next(n for n in names if resolve(n).parts[outer] != NONE)
            for part, target in parts.items():
                found += [(f"{host}[{slot}={part}", f"{slot}.{k}", s) for k, s in part_settings(target).items()]
        found += [(f"{names[0]}[", name, setting) for name, setting in frame.settings.items()]
    return found


HOSTS = hosts()
CLASSES = {
    (name, key): setting
    for name in entries()
    if name not in recipes()
    for key, setting in class_settings(entry_class(entry_spec(name))).items()
    if key not in ("seed", "device")
}
NUMBERS = [(host, key, setting) for host, key, setting in HOSTS if {"int", "float"} & set(setting.kinds)]


def text(host, key, value):
    return f"{host}{'' if host.endswith('[') else ', '}{key}={value}]"


def outside(setting):
    """Return the numbers next to the ends of a range that do not belong to it."""
    interval, step = setting.interval, "int" in setting.kinds
    low = interval.low if not interval.has_low else interval.low - 1 if step else math.nextafter(interval.low, -1e9)
    high = interval.high if not interval.has_high else interval.high + 1 if step else math.nextafter(interval.high, 1e9)
    return [int(v) if step else v for v in (low, high) if math.isfinite(v)]


def inside(setting):
    """Return the numbers next to the ends of a range that belong to it."""
    interval, step = setting.interval, "int" in setting.kinds
    low = interval.low if interval.has_low else interval.low + 1 if step else math.nextafter(interval.low, 1e9)
    high = interval.high if interval.has_high else interval.high - 1 if step else math.nextafter(interval.high, -1e9)
    return [int(v) if step else v for v in (low, high) if math.isfinite(v)]


def test_every_number_has_a_range_that_holds_its_default():
    every = [(key, s) for _, key, s in HOSTS] + [(f"{name} {key}", s) for (name, key), s in CLASSES.items()]
    assert len(every) > 100 and len(CLASSES) == 3
    for key, setting in every:
        assert setting.kinds or setting.choices, key
        assert set(setting.kinds) <= {"int", "float", "bool", "str"}, key
        if {"int", "float"} & set(setting.kinds):
            assert setting.interval is not None, f"{key}: write Annotated[{setting.kinds[0]}, '[LOW, HIGH]']"
            assert setting.default in setting.choices or not setting.interval.misses(setting.default), key


@pytest.mark.parametrize(("host", "key", "setting"), NUMBERS, ids=[f"{h}.{k}" for h, k, _ in NUMBERS])
def test_values_just_outside_are_refused_and_those_at_the_ends_are_not(host, key, setting):
    for value in [*outside(setting), "nan", "text", "true", "1e999", "-1e999"]:
        with pytest.raises(UsageError) as refused:
            entry_spec(text(host, key, value))
        said = str(refused.value)
        shown = {"1e999": "inf", "-1e999": "-inf"}.get(value, value)
        assert f": {key} = {shown}: must be " in said and said.startswith("entry '"), said
    resolved = resolve(f"{host}]" if not host.endswith("[") else host[:-1])
    for value in inside(setting):
        assert checked("here", resolved, key, value) == value


@pytest.mark.parametrize("number", ["nan", -1, 0, 100_001, 3.5, "many", True])
def test_numbers_of_entries_that_are_no_recipes_are_checked_too(number):
    for name, key in CLASSES:
        with pytest.raises(UsageError, match=rf"^profile quick: {key} = {str(number).lower()}: must be "):
            checked_params("profile quick", entry_spec(name), {key: number}, toy_cohort(n=6))
    with pytest.raises(UsageError, match=r"^profile quick: unknown 'n_estimator'; did you mean n_estimators\?"):
        checked_params("profile quick", entry_spec("border-only"), {"n_estimator": 5}, toy_cohort(n=6))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("xgboost[blocks.patience=0]", "blocks.patience = 0: must be at least 1"),
        ("xgboost[blocks.n_estimators=0]", "blocks.n_estimators = 0: must be at least 1"),
        ("xgboost[blocks.subsample=0]", "blocks.subsample = 0: must be above 0"),
        ("xgboost[blocks.subsample=1.5]", "blocks.subsample = 1.5: must be at most 1"),
        ("xgboost[genes.n_genes=0]", "genes.n_genes = 0: must be at least 1"),
        ("xgboost[genes.n_genes=3.5]", "genes.n_genes = 3.5: must be a whole number from 1 to 1000000"),
        ("xgboost[genes.n_genes=many]", "genes.n_genes = many: must be a whole number from 1 to 1000000"),
        (
            "random-forest[blocks.max_features=cube]",
            "blocks.max_features = cube: must be a number above 0 and at most 1, or one of sqrt, log2",
        ),
        ("logistic-regression[blocks.C=choosen]", "blocks.C = choosen: must be a number above 0, or chosen"),
        ("logistic-regression[blocks.block_scaling=1]", "blocks.block_scaling = 1: must be true or false"),
        ("fusion-vit[dim=0]", "dim = 0: must be at least 2"),
        ("fusion-vit[cells.width=0]", "cells.width = 0: must be at least 1"),
        ("fusion-vit[dropout=1.5]", "dropout = 1.5: must be below 1"),
        ("fusion-vit[max_epochs=0]", "max_epochs = 0: must be at least 1"),
        ("fusion-vit[max_epochs=nan]", "max_epochs = nan: must be a whole number from 1 to 100000"),
        ("fusion-vit[learning_rate=1e999]", "learning_rate = inf: must be at most 1"),
        ("fusion-vit[weight_decay=1e999]", "weight_decay = inf: must be finite"),
        ("fusion-vit[weight_decay=-0.1]", "weight_decay = -0.1: must be at least 0"),
        ("fusion-transformer[fusion.depth=0]", "fusion.depth = 0: must be at least 1"),
        ("fusion-transformer[fusion.heads=5]", "fusion.heads = 5: must divide dim = 192"),
        ("fusion-transformer[dim=98]", "fusion.heads = 4: must divide dim = 98"),
        ("fusion-vit[cells.heads=5]", "cells.heads = 5: must divide cells.width = 96"),
        ("gat-sets[genes.heads=3]", "genes.heads = 3: must divide genes.channels = 4"),
        ("fusion-experts[cells.norm=grup]", "cells.norm = grup: must be one of batch, group, instance, layer"),
        ("fusion-vit[max_epochs=" + "9" * 400 + "]", "max_epochs = inf: must be a whole number from 1 to 100000"),
    ],
)
def test_the_sentence_names_entry_key_and_value_and_what_it_must_be(entry, said):
    with pytest.raises(UsageError) as refused:
        entry_spec(entry)
    assert str(refused.value) == f"entry {entry!r}: {said}"


@pytest.mark.parametrize("text", ["00", "12345678901234567890123456789012345678901234567890", "3", "true", "1.50a"])
def test_text_that_looks_like_a_number_stays_text(text):
    entry = f"cells-pretrained[cells.sha256={text}, cells.weights=mine.safetensors]"
    assert resolve(entry).settings["cells.sha256"] == text
    assert resolve(resolve(entry).name).settings == resolve(entry).settings


def test_what_a_dataset_bounds_is_refused_there():
    spec = entry_spec("fusion-experts[cells=vit-tiny, cells.patch=33]")
    with pytest.raises(UsageError, match=r"cells\.patch = 33: must be at most 32, the side of the images of toy"):
        checked_params("profile quick", spec, {}, toy_cohort(n=6, side=32))
    assert checked_params("profile quick", spec, {}, toy_cohort(n=6, side=33)) == {}
    assert checked_params("profile quick", spec, {}, toy_cohort(n=6, images=False)) == {}


def test_given_params_are_checked_with_what_the_entry_sets():
    with pytest.raises(UsageError, match=r"^quick: fusion\.heads = 4: must divide dim = 98"):
        checked_params("quick", entry_spec("fusion-gnn[fusion=transformer]"), {"dim": 98}, toy_cohort(n=6))
    assert checked_params("quick", entry_spec("xgboost"), {"blocks.subsample": 1}, toy_cohort(n=6)) == {
        "blocks.subsample": 1.0
    }


class Ends:
    """A trial that suggests ends of ranges and any of several choices."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def suggest_float(self, name, low, high, **_):
        return self.draw.choice([low, high])

    suggest_int = suggest_float

    def suggest_categorical(self, name, choices):
        return self.draw.choice(choices)


@pytest.mark.parametrize("name", sorted(recipes()))
def test_what_tuning_may_suggest_is_in_range(name):
    resolved = resolve(name)
    for seed in range(20):
        chosen = {k: checked(name, resolved, k, v) for k, v in recipe_space(resolved)(Ends(seed)).items()}
        checked_together(name, resolved, {**resolved.settings, **chosen})


ENDS = st.floats(-1e6, 1e6).map(lambda v: round(v, 3))


@given(ENDS, ENDS, st.booleans(), st.booleans(), st.floats(allow_nan=True))
def test_an_interval_misses_what_is_outside_and_nothing_else(one, two, has_low, has_high, value):
    low, high = sorted((one, two))
    if low == high:
        return
    interval = Interval.read(f"{'(['[has_low]}{low}, {high}{')]'[has_high]}")
    is_inside = (low < value or (has_low and low == value)) and (value < high or (has_high and high == value))
    assert (interval.misses(value) == "") is is_inside


@pytest.mark.parametrize("text", ["", "1, 2", "[1 2]", "[2, 1]", "[1, 1)", "[1, 2}", "[a, 2]", "[1, ]"])
def test_what_is_no_interval_is_refused(text):
    with pytest.raises(ValueError, match="interval"):
        Interval.read(text)
