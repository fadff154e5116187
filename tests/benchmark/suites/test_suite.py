"""A mistake in a suite names the file, the key and the choices."""

import pytest

from benchmark.entries.registry import UnknownName, UsageError, entry_class, entry_spec
from benchmark.suites.suite import SuiteError, load_suite, suite_names

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
