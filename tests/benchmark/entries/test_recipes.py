"""Recipes: one printed form, changes that name what is wrong, files that are checked when they are read."""

import inspect
import re
import shlex
from dataclasses import replace

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.markup import escape
from rich.text import Text

from benchmark.commands.run import command_line
from benchmark.entries.parts import part_settings, skeleton
from benchmark.entries.recipe_entry import _Prefixed, loaded, recipe_class, recipe_space
from benchmark.entries.recipes import RecipeError, read_recipes, recipes
from benchmark.entries.registry import entries, entry_class, entry_spec
from benchmark.entries.resolve import resolve
from benchmark.entries.source_facts import ROOT
from benchmark.entries.usage import UsageError
from leaderboard.text.escape import csv_cell, plain
from leaderboard.text.links import file_name

PACKAGES = ("baselines", "models")
GOOD = """
[mine]
family = "classic"
about = "One sentence."
reference = "none"
parts = { genes = "all", blocks = "forest", combiner = "early" }
"""


@st.composite
def changed(draw):
    """Return a recipe with parts and hyper-parameters drawn from what there is."""
    recipe = recipes()[draw(st.sampled_from(sorted(recipes())))]
    frame = skeleton(recipe.package)
    words = {slot: draw(st.sampled_from(frame.choices(slot))) for slot in frame.slots if draw(st.booleans())}
    for name, setting in frame.settings.items():
        if "int" in setting.kinds and draw(st.booleans()):
            words[name] = 96 if name == "dim" else draw(st.integers(1, 40))
    order = draw(st.permutations(sorted(words)))
    return f"{recipe.name}[{', '.join(f'{key}={words[key]}' for key in order)}]" if order else recipe.name


@given(changed())
@settings(max_examples=200)
def test_the_printed_form_means_the_same_and_prints_itself(text):
    try:
        resolved = resolve(text)
    except UsageError as error:
        assert "reads nothing" in str(error) or "needs a part in" in str(error)
        return
    again = resolve(resolved.name)
    assert again.name == resolved.name
    assert (again.parts, again.settings) == (resolved.parts, resolved.settings)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("fusion-vit", "fusion-vit"),
        ("fusion-vit[cells=pretrained-vit,max_epochs=16]", "fusion-vit"),
        ("fusion-vit[ max_epochs = 40 ]", "fusion-vit[max_epochs=40]"),
        ("fusion-vit[max_epochs=8, cells.depth=3, cells=pretrained-vit]", "fusion-vit[cells.depth=3, max_epochs=8]"),
        ("fusion-vit[cells.depth=2]", "fusion-vit"),
        ("fusion-vit[dropout=0]", "fusion-vit[dropout=0.0]"),
        ("fusion-cnn-attention[pooling=none, cells=none]", "fusion-cnn-attention[cells=none]"),
        ("xgboost[genes=none, cells=none]", "xgboost[genes=none, cells=none]"),
    ],
)
def test_there_is_one_printed_form(text, printed):
    assert entry_spec(text).name == printed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fusion-vat", "unknown entry 'fusion-vat'; did you mean fusion-vit"),
        ("fusion-vit[cels=none]", "unknown 'cels'; did you mean cells"),
        ("fusion-vit[cells=vit]", r"unknown part cells=vit; did you mean vit-tiny.* Choose from .*cnn"),
        ("fusion-vit[cells=vit-tiny, cells.pach=4]", "unknown 'cells.pach'; did you mean cells.patch"),
        ("fusion-vit[cells=none, cells.depth=2]", "there is no part in cells here"),
        ("fusion-vit[cells=none, pooling=gated-attention]", "needs a part in cells"),
        ("cnn-spatial-attention[cells=none]", "reads nothing"),
        ("fusion-vit[fusion=none]", "unknown part fusion=none; choose from attention, "),
        ("fusion-vit+snapshots", "unknown scheme 'snapshots'; known: none"),
        ("prior+snapshots", "unknown scheme 'snapshots'; known: none"),
        ("prior[seed=3]", "prior is no recipe and takes no parts; fusion-vit and logistic-regression do"),
        ("fusion-vit[seed=3]", "unknown 'seed'"),
        ("fusion-vit[genes=nope]", r"unknown part genes=nope; did you mean none\? Choose from mlp, set-means.*, none"),
        ("fusion-vit[genes=qqqq]", "unknown part genes=qqqq; choose from mlp, set-means"),
    ],
)
def test_wrong_changes_name_place_value_and_choices(text, said):
    with pytest.raises(UsageError, match=said.replace("[", r"\[")):
        entry_spec(text)


@pytest.mark.parametrize("name", sorted(recipes()))
def test_recipes_are_sound(name):
    resolved = resolve(name)
    assert resolved.name == name and resolved.modalities
    chosen = recipe_space(resolved)(optuna.create_study().ask())
    assert set(chosen) <= set(resolved.known())
    assert len(recipes()[name].about) < 120 and recipes()[name].about.endswith(".")


def test_slots_settings_and_parts_are_told_apart():
    for package in PACKAGES:
        frame = skeleton(package)
        assert not set(frame.slots) & set(frame.settings)
        for slot, parts in frame.slots.items():
            assert "none" not in parts, slot
            for target in parts.values():
                part_settings(target)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("family", "famly"), r"recipes\.toml: mine\.famly: unknown key; did you mean family\?$"),
        (('"all"', '"some"'), r"mine\.parts\.genes: 'some'; choose from all"),
        (("genes =", "gens ="), r"mine\.parts\.gens: no such slot; choose from clinical, genes"),
        ((', combiner = "early"', ""), r"mine\.parts\.combiner: missing; choose from early"),
        (("[mine]", "mine = 3\n[other]"), r"mine: write a table"),
        (("[mine]", "[mine"), r"recipes\.toml: "),
        (('"classic"', '"modern"'), r"mine\.family: Input should be"),
        (
            ("parts =", "settings_with.cells = { seed = 1 }\nparts ="),
            r"mine\.settings_with\.cells: no part of the recipe",
        ),
    ],
)
def test_a_wrong_file_names_file_and_key(tmp_path, change, said):
    path = tmp_path / "recipes.toml"
    path.write_text(GOOD)
    assert read_recipes(path, "baselines")["mine"].parts["blocks"] == "forest"
    path.write_text(GOOD.replace(*change))
    with pytest.raises(RecipeError, match=said):
        read_recipes(path, "baselines")


def test_settings_that_come_with_a_slot_go_with_it():
    assert resolve("fusion-vit").settings == resolve("fusion-vit[cells=vit-tiny]").settings == {"max_epochs": 16}
    assert resolve("fusion-vit[cells=none]").settings == {}
    asked = resolve("fusion-vit[cells=none, max_epochs=16]")
    assert asked.settings == {"max_epochs": 16} and asked.name == "fusion-vit[cells=none, max_epochs=16]"


def test_a_recipe_may_say_that_it_keeps_what_it_learned_from_train(monkeypatch):
    frame = loaded(skeleton("baselines").classes[0])
    monkeypatch.setattr(frame, "refit", lambda self, cohort: self, raising=False)
    as_written = resolve("random-forest")
    kept = replace(as_written, recipe=as_written.recipe.model_copy(update={"refit": False}))
    assert callable(recipe_class(as_written)().refit) and recipe_class(kept)().refit is None


def test_an_entry_needs_what_it_cannot_do_without():
    needs = {
        text: entry_class(entry_spec(text)).needs
        for text in ("fusion-vit", "fusion-vit[genes=none, clinical=none]", "random-forest-differential", "xgboost")
    }
    assert list(needs.values()) == [frozenset(), {"images"}, {"images"}, frozenset()]


def test_a_printed_form_is_harmless_in_commands_files_and_pages():
    name = entry_spec("fusion-vit[genes=none, cells.depth=3, dropout=0.1]").name
    assert name == "fusion-vit[cells.depth=3, genes=none, dropout=0.1]"
    words = ["run", "--entry", name]
    assert shlex.split(command_line(words))[-3:] == words
    assert re.fullmatch(r"[a-z0-9.-]+", file_name("entry", name))
    assert file_name("entry", name) != file_name("entry", name.replace("0.1", "0.2"))
    assert csv_cell(name) == plain(name) == name
    assert Text.from_markup(escape(name)).plain == name


def test_the_documentation_names_every_entry_and_part():
    text = (ROOT / "docs" / "entries.md").read_text(encoding="utf-8")
    parts = [part for package in PACKAGES for slot in skeleton(package).slots.values() for part in slot]
    assert all(f"| `{name}` |" in text for name in entries()) and all(f"| `{part}` |" in text for part in parts)


def test_a_recipe_of_two_files_is_refused(monkeypatch):
    read = lambda path, package: dict.fromkeys("dcba", package)  # noqa: E731  a line of a fake
    monkeypatch.setitem(recipes.__wrapped__.__globals__, "read_recipes", read)
    with pytest.raises(RecipeError, match=r"models/recipes\.toml: a, b, c, d is a recipe of another file too"):
        recipes.__wrapped__()


def test_settings_of_several_slots_that_nothing_fills_name_the_first(tmp_path):
    path = tmp_path / "recipes.toml"
    odd = "".join(f"settings_with.{name} = {{ seed = 1 }}\n" for name in "hgfedcba")
    path.write_text(GOOD.replace("parts =", f"{odd}parts ="))
    with pytest.raises(RecipeError, match=r"settings_with\.a: no part"):
        read_recipes(path, "baselines")


class Trial:
    """Keep what is asked and suggest it."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        def suggest(*args, **more):
            self.asked.append((name, args, more))
            return args[1][0] if name.endswith("categorical") else args[1]

        return suggest


def test_names_of_a_space_have_their_slot_and_ranges_are_handed_on():
    asked = Trial()
    part = _Prefixed(asked, "cells.")
    assert part.suggest_float("a", 1, 2, log=True) == 1.0 and type(part.suggest_float("a", 1, 2)) is float
    assert part.suggest_int("b", 3, 4, step=2) == 3 and part.suggest_categorical("c", ["x", "y"]) == "x"
    assert asked.asked == [
        ("suggest_float", ("cells.a", 1, 2), {"log": True}), ("suggest_float", ("cells.a", 1, 2), {}),
        ("suggest_int", ("cells.b", 3, 4), {"step": 2}), ("suggest_categorical", ("cells.c", ["x", "y"]), {}),
    ]  # fmt: skip


def test_a_recipe_takes_its_hyper_parameters_by_name_checked_together_and_hands_on_seed_and_device():
    resolved = resolve("fusion-vit[cells.depth=3]")
    build = recipe_class(resolved)
    assert list(inspect.signature(build).parameters) == ["seed", "device", "settings"]
    made = build(seed=5, device="cpu", max_epochs=2, **{"cells.depth": 1})
    assert (made.seed, made.device, made.max_epochs, made.parts["cells"].depth) == (5, "cpu", 2, 1)
    assert made.name == resolved.name and build().parts["cells"].depth == 3
    for wrong, said in (({"cells.depht": 2}, "unknown 'cells.depht'"), ({"cells.heads": 5}, "must divide")):
        with pytest.raises(UsageError, match=rf"^entry 'fusion-vit\[cells.depth=3\]': .*{said}"):
            build(**wrong)
