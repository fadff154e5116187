"""A mistake in a suite names the file, the key and the choices."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from benchmark.entries.registry import UnknownName, UsageError, entry_class, entry_spec
from benchmark.suites.source import Source
from benchmark.suites.suite import (
    SUITE_FOLDER,
    Profile,
    Split,
    Suite,
    SuiteError,
    Task,
    check_is_new,
    load_suite,
    suite_names,
)

GOOD = """
name = "mine"
title = "Mine"
[[tasks]]
name = "t"
title = "T"
dataset = "apl-sim"
split = { scheme = "kfold", folds = 3 }
[profiles.quick]
entries = ["prior"]
"""


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", suite_names())
def test_suites_of_the_tree_are_valid(name):
    suite = load_suite(name)
    assert suite.name == name
    assert set(suite.profiles) == {"quick", "full"}


@pytest.mark.parametrize("name", suite_names())
def test_a_site_that_is_left_out_is_left_out_whole(name):
    """C and C-images are two domains of one site of apl-sim."""
    for task in load_suite(name).tasks:
        if task.dataset == "apl-sim" and task.split.scheme in ("leave-one-domain-out", "transfer"):
            assert task.options["images_only"] in (0.0, 1.0), task.name


def test_a_users_own_suite(tmp_path):
    assert load_suite(written(tmp_path, GOOD)).tasks[0].split.folds == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("folds = 3", "fold = 3", r"tasks\.0\.split\.fold: unknown key; did you mean folds\?$"),
        ("folds = 3", "fulls = 3, xyz = 4", r"tasks\.0\.split\.xyz: unknown key; known keys: scheme, folds, seed"),
        ('scheme = "kfold"', 'scheme = "random"', r"scheme.*'kfold'"),
        ('"apl-sim"', '"apl-sin"', "did you mean apl-sim"),
        ('["prior"]', '["prier"]', "did you mean prior"),
        ('["prior"]', '["prior", "prior"]', "listed twice"),
        ("folds = 3", "folds = 1", "folds.*greater than or equal to 2"),
        ('scheme = "kfold", folds = 3', 'scheme = "plan"', "exactly when scheme = 'plan'"),
        ('name = "t"', 'name = "../t"', r"tasks\.0\.name"),
        ("[profiles.quick]", "[profiles.fast]", "unknown profiles"),
        ("[[tasks]]", "[[tasks]", "not valid TOML"),
    ],
)
def test_mistakes_are_explained(tmp_path, old, new, message):
    with pytest.raises(SuiteError, match=message):
        load_suite(written(tmp_path, GOOD.replace(old, new)))


def test_unknown_names_answer_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean apl"):
        load_suite("aplx")
    with pytest.raises(UnknownName, match="did you mean fusion-vit"):
        entry_spec("fusion-vitt")
    with pytest.raises(UnknownName, match="did you mean quick"):
        load_suite("apl").profile("quik")


def test_entries_outside_the_tree(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("class Half:\n    needs = frozenset()\n")
    assert entry_spec(f"{path}:Half").name == "Half"
    with pytest.raises(UsageError, match="lacks fit, predict_proba"):
        entry_class(entry_spec(f"{path}:Half"))
    with pytest.raises(UsageError, match="there is no Whole in"):
        entry_class(entry_spec(f"{path}:Whole"))
    with pytest.raises(UsageError, match="name what to run in it"):
        entry_spec(str(path))
    with pytest.raises(UsageError, match="there is no file"):
        entry_spec(f"{tmp_path}/none.py:X")


OWN = """
name = "mine"
title = "Mine"
[[tasks]]
name = "one"
title = "One"
dataset = "coh/cohort.toml"
split = { scheme = "plan", plan = "plan.csv" }
[profiles.quick]
entries = ["prior", "mine.py:Mine"]
"""


def test_what_a_suite_names_lies_beside_it(tmp_path, monkeypatch):
    (tmp_path / "mine.toml").write_text("\ufeff" + OWN, encoding="utf-8")
    (tmp_path / "mine.py").write_text("class Mine:\n    pass\n")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    suite = load_suite("../mine.toml")
    assert suite.tasks[0].dataset == str(tmp_path / "coh/cohort.toml")
    assert suite.tasks[0].split.plan == str(tmp_path / "plan.csv")
    assert suite.profiles["quick"].entries == ("prior", f"{tmp_path}/mine.py:Mine")


@pytest.mark.parametrize(("encoding", "said"), [("latin-1", "is not UTF-8: byte 0xfc"), ("utf-16", "is UTF-16 text")])
def test_a_suite_in_another_encoding_is_one_sentence(tmp_path, encoding, said):
    (tmp_path / "mine.toml").write_bytes(OWN.replace("Mine", "Mün").encode(encoding))
    with pytest.raises(UsageError, match=f"mine.toml: {said}.* Save it as UTF-8"):
        load_suite(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize("seeds", ["[-1]", "[99999999999]"])
def test_seeds_that_no_generator_takes_are_refused(tmp_path, seeds):
    (tmp_path / "mine.py").write_text("class Mine:\n    pass\n")
    (tmp_path / "mine.toml").write_text(OWN + f"seeds = {seeds}\n")
    with pytest.raises(UsageError, match="seeds"):
        load_suite(str(tmp_path / "mine.toml"))


def task_of(**more):
    return Task(**{"name": "t", "title": "T", "dataset": "apl-sim", "split": {"scheme": "kfold"}, **more})


def suite_of(*tasks, profiles=("quick",), **more):
    told = {name: {"entries": ["prior"]} for name in profiles}
    return Suite(name="s", title="S", tasks=tasks or (task_of(),), profiles=told, **more)


SPLITS = [
    ("folds", 2, 1), ("folds", 50, 51), ("seed", 0, -1), ("seed", 2**31 - 1, 2**31), ("train_patients", 0, -1),
]  # fmt: skip
TASKS = [
    ("images_per_patient", 1, 0), ("abstain_cost", 0, -0.1), ("abstain_cost", 0, float("inf")),
    ("costs", [[0, 1], [1, 0]], [[0, -1], [1, 0]]), ("costs", [[0, 1], [1, 0]], [[0, float("nan")], [1, 0]]),
]  # fmt: skip
PROFILES = [
    ("seeds", [0], [-1]), ("seeds", [2**31 - 1], [2**31]), ("seeds", [3], []), ("trial_seconds", 0.1, 0),
    ("tune", {"trials": 1, "seconds": 0.1}, {"trials": 0, "seconds": 0.1}), ("entries", ["prior"], []),
    ("tune", {"trials": 1, "seconds": 0.1}, {"trials": 1, "seconds": 0}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "key", "last", "over"),
    [(lambda **w: Split(**{"scheme": "kfold", **w}), *case) for case in SPLITS]
    + [(task_of, *case) for case in TASKS]
    + [(lambda **w: Profile(**{"entries": ["prior"], **w}), *case) for case in PROFILES],
)
def test_a_number_may_be_at_the_end_of_its_range_and_not_beyond(make, key, last, over):
    make(**{key: last})
    with pytest.raises(ValidationError):
        make(**{key: over})
    with pytest.raises(ValidationError, match="extra"):
        make(unknown=1)


def test_what_is_not_said_is_the_usual():
    split, task, profile = Split(scheme="kfold"), task_of(), Profile(entries=("prior",))
    assert split.model_dump() == {
        "scheme": "kfold", "folds": 5, "seed": 0, "train_domains": (), "plan": "", "train_patients": 0
    }  # fmt: skip
    assert (task.unit, task.images_per_patient, task.modality_grid, task.settings, task.rung) == (
        "specimen", 8, False, {}, ""
    )  # fmt: skip
    assert (profile.seeds, profile.trial_seconds, profile.tune, profile.params) == ((0,), 3600, None, {})
    with pytest.raises(ValidationError, match="frozen"):
        split.folds = 3


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Split(scheme="plan"), "exactly when scheme = 'plan'"),
        (lambda: Split(scheme="kfold", plan="x"), "exactly when scheme = 'plan'"),
        (lambda: Split(scheme="official"), "scheme = 'official' needs train_domains"),
        (lambda: Split(scheme="zero-shot"), "scheme = 'zero-shot' needs train_domains"),
        (lambda: Split(scheme="temporal", train_patients=5), "train_patients needs scheme = 'kfold'"),
        (lambda: task_of(ladder="l", split={"scheme": "temporal"}), "a rung of a ladder has one of"),
        (lambda: task_of(modality_grid=True, unit="image"), "modality_grid needs unit = 'specimen'"),
        (lambda: suite_of(task_of(), task_of()), "two tasks have the same name"),
        (lambda: suite_of(default_profile="full"), "unknown profiles"),
        (lambda: suite_of(task_of(profiles=["b", "full", "a", "c", "d", "e"])),
         r"unknown profiles \['a', 'b', 'c', 'd', 'e', 'full'\]; the suite has \['quick'\]"),
        (lambda: suite_of(task_of(profiles=["z"]), profiles=["quick", *"edcba"]),
         r"has \['a', 'b', 'c', 'd', 'e', 'quick'\]"),
        (lambda: suite_of(task_of(ladder="l"), task_of(name="u", ladder="l")),
         "ladder 'l' has two rungs of one scheme"),
        (lambda: Profile(entries=("prior",), params={name: {} for name in "hgfedcba"}),
         "does not run: a, b, c, d, e, f, g, h "),
        (lambda: Profile(entries=("prior", "prior ")), "listed twice"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(make, said):
    with pytest.raises(ValidationError, match=said):
        make()


SLIDE = {"scheme": "slide"}


@pytest.mark.parametrize(
    "other",
    [{"dataset": "golub"}, {"options": {"seed": 1}}, {"unit": "image"}, {"unseen": ["x"]}, {"profiles": ["quick"]}],
)
def test_rungs_of_a_ladder_differ_in_their_split_alone(other):
    alike = {"options": {"b": 1, "a": 2}, "ladder": "l"}
    swapped = {**alike, "options": {"a": 2, "b": 1}}
    suite_of(task_of(**alike), task_of(name="u", split=SLIDE, **swapped))
    suite_of(task_of(ladder="l"), task_of(name="u", ladder="m", split=SLIDE, **other))
    with pytest.raises(ValidationError, match="rungs of ladder 'l' differ"):
        suite_of(task_of(ladder="l"), task_of(name="u", ladder="l", split=SLIDE, **other))


def test_settings_tell_options_and_what_the_harness_does_under_dotted_names():
    task = task_of(options={"seed": 3}, unseen=["x"], unit="image", images_per_patient=4)
    assert task.settings == {"seed": 3, "view.unseen": ("x",), "view.images_per_patient": 4}
    assert task_of(modality_grid=True, images_per_patient=4).settings == {"predict.modality_grid": True}
    assert [task_of(ladder="l", split={"scheme": s}).rung for s in ("kfold", "slide")] == ["patient", "slide"]


def test_a_profile_runs_its_own_tasks_and_those_of_all():
    suite = suite_of(task_of(), task_of(name="u", profiles=["full"]), profiles=("quick", "full"))
    assert [[t.name for t in suite.tasks_of(p)] for p in ("quick", "full")] == [["t"], ["t", "u"]]
    assert suite.profile(None)[0] == "quick" and suite.profile("full") == ("full", suite.profiles["full"])
    assert suite.source.kind == "unknown"


def test_suites_know_where_they_came_from(tmp_path, monkeypatch):
    assert load_suite("smoke").source == Source("tree", ("smoke",))
    monkeypatch.chdir(tmp_path)
    written(tmp_path, GOOD)
    assert load_suite("mine.toml").source == Source("file", (str(tmp_path / "mine.toml"),))
    assert load_suite(str(SUITE_FOLDER / "smoke.toml")).source.kind == "tree"
    with pytest.raises(SuiteError, match=r"none\.toml"):
        load_suite(str(tmp_path / "none.toml"))


def test_names_of_suites_are_sorted_whatever_the_order_of_the_folder(monkeypatch):
    real = Path.glob
    monkeypatch.setattr(Path, "glob", lambda self, text: sorted(real(self, text), reverse=True))
    assert suite_names() == sorted(suite_names()) and len(suite_names()) > 5


@pytest.mark.parametrize(("name", "kind"), [("smoke", "suite"), ("SMOKE", "suite"), ("golub", "dataset")])
def test_what_is_made_has_a_name_of_its_own(name, kind):
    with pytest.raises(UsageError, match=f"^mine: name: {name} is a {kind} of the tree; choose another name"):
        check_is_new(name, "mine")
    assert check_is_new("smoker", "mine") == "smoker"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (Source("tree", ("apl",)), "suite apl of the tree"),
        (Source("file", ("/x/s.toml",)), "the suite file /x/s.toml"),
        (Source("datasets", ("golub", "/x/c.toml")), "dataset golub and /x/c.toml"),
        (Source("unknown", ("x",)), "x"),
    ],
)
def test_a_source_is_told_in_words_and_moves_with_its_folder(source, told):
    assert source.told == told
    moved = source.relative_to(Path("/x/runs/s"))
    assert moved.kind == source.kind
    assert moved.names == tuple(
        {"/x/s.toml": "../../s.toml", "/x/c.toml": "../../c.toml"}.get(n, n) for n in source.names
    )
