"""What a user's file may name, and what is said when it cannot run."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from baselines.classic.given_estimator import takes_missing
from benchmark.entries import estimators
from benchmark.entries.registry import entry_class, entry_spec
from benchmark.entries.usage import UsageError
from tests.toy import toy_cohort

FILE = """
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

softmax = LogisticRegression()
pipeline = make_pipeline(StandardScaler(), LogisticRegression())
forest = RandomForestClassifier(n_estimators=20)
svm = LinearSVC()
number = 3


def function():
    return RandomForestClassifier(n_estimators=20)


def wrong_function():
    return LinearSVC()


class Plain:
    def fit(self, X, y):
        self.share = np.bincount(y, minlength=3) / len(y)
        return self

    def predict_proba(self, X):
        return np.tile(self.share, (len(X), 1))


class Contract:
    needs = frozenset()

    def __init__(self, *, seed=0):
        pass

    def fit(self, train, valid):
        return self

    def predict_proba(self, cohort):
        return np.full((len(cohort), cohort.n_classes), 1 / cohort.n_classes)


class NeedsText(Contract):
    needs = "clinical"


class NeedsList(Contract):
    needs = ["clinical"]


class NeedsTypo(Contract):
    needs = frozenset({"labs"})


class NoNeeds:
    def __init__(self, *, seed=0):
        pass

    def fit(self, train, valid):
        return self

    def predict_proba(self, cohort):
        return None
"""
COHORT = toy_cohort(n=36, missing=0.3)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / f"mine_{abs(hash(tmp_path))}.py"
    path.write_text(FILE)
    return lambda thing: entry_class(entry_spec(f"{path}:{thing}"))


@pytest.mark.parametrize("thing", ["softmax", "pipeline", "forest", "function", "Plain", "Contract"])
def test_classes_estimators_pipelines_and_functions_run(mine, thing):
    build = mine(thing)
    first, second = (build(seed=3).fit(COHORT, COHORT).predict_proba(COHORT) for _ in range(2))
    assert first.shape == (36, 3) and np.allclose(first.sum(axis=1), 1)
    assert first.tobytes() == second.tobytes()
    if thing in ("forest", "function"):
        assert build(seed=4).fit(COHORT, COHORT).predict_proba(COHORT).tobytes() != first.tobytes()


def test_parameters_of_an_estimator_are_those_of_its_entry(mine):
    build = mine("forest")
    assert len(build(seed=3, n_estimators=7).fit(COHORT, COHORT).fitted_.fitted.estimator.estimator.estimators_) == 7


def test_a_given_forest_is_the_random_forest_of_the_tree(mine):
    ours = entry_class(entry_spec("random-forest[genes=all, combiner.calibrate=false]"))(
        seed=3, **{"blocks.n_estimators": 20}
    )
    proba = mine("forest")(seed=3).fit(COHORT, COHORT).predict_proba(COHORT)
    assert np.array_equal(proba, ours.fit(COHORT, COHORT).predict_proba(COHORT))


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ("svm", r"LinearSVC has no predict_proba; wrap it: sklearn\.calibration\.CalibratedClassifierCV"),
        ("number", "is int; name a class of the contract, a scikit-learn estimator"),
        ("absent", "there is no absent in"),
        ("NoNeeds", r"lacks needs: write needs = frozenset\(\{\"genes\"\}\) .* of images, genes, clinical$"),
        ("NeedsText", "needs is str 'clinical', not a set of names; write needs = "),
        ("NeedsList", "needs is list"),
        ("NeedsTypo", "needs names labs; choose from images, genes, clinical"),
    ],
)
def test_what_cannot_run_gets_one_sentence(mine, thing, said):
    with pytest.raises(UsageError, match=said) as caught:
        mine(thing)
    assert "\n" not in str(caught.value)


def test_a_function_that_returns_the_wrong_thing_says_so_when_it_is_called(mine):
    with pytest.raises(UsageError, match="LinearSVC has no predict_proba"):
        mine("wrong_function")(seed=0).fit(COHORT, COHORT)


def test_a_name_of_the_tree_and_a_file_without_a_name_are_refused(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("prior = 1\n")
    with pytest.raises(UsageError, match="prior is the name of an entry of the tree"):
        entry_spec(f"{path}:prior")
    with pytest.raises(UsageError, match="name what to run in it"):
        entry_spec(str(path))
    with pytest.raises(UsageError, match="unknown scheme 'x'"):
        entry_spec(f"{path}:prior+x")


def test_missing_values_reach_only_what_takes_them():
    assert takes_missing(RandomForestClassifier())
    assert takes_missing(make_pipeline(SimpleImputer(), LogisticRegression()))
    assert not takes_missing(make_pipeline(StandardScaler(), LogisticRegression()))
    assert not takes_missing(LogisticRegression())


class Tables:
    def fit(self, X, y):
        return self


class Swapped:
    def fit(self, y, X):
        return self


class Params:
    def fit(self, data):
        return self

    def get_params(self):
        return {}


class Needs(Tables):
    needs: frozenset[str] = frozenset()


class NoSeed(Needs):
    def predict_proba(self, cohort):
        return None


@pytest.mark.parametrize(
    ("found", "learns"), [(Tables, True), (Swapped, False), (Params, True), (Needs, False), (object, False)]
)
def test_a_class_learns_from_tables_where_it_fits_x_and_y_and_names_no_needs(found, learns):
    assert estimators._learns_from_tables(found) is learns


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (object, 'entry e: t lacks needs, fit, predict_proba: write needs = frozenset({"genes"}) with'),
        (Needs, "entry e: t lacks predict_proba: write def predict_proba(self, cohort), which returns"),
        (NoSeed, "entry e: t.__init__ must take a keyword-only seed: write def __init__(self, *, seed: int = 0)"),
        (Tables, "entry e: Tables has no predict_proba"),
        (Tables(), "entry e: Tables has no predict_proba"),
        (3, "entry e: t is int; name a class"),
    ],
)
def test_what_breaks_the_contract_is_named(found, said):
    with pytest.raises(UsageError) as refused:
        estimators.entry_of(found, "e", "t")
    assert str(refused.value).startswith(said)


def test_unknown_needs_are_named_in_order():
    with pytest.raises(UsageError, match="needs names a, b, c, d, e, f; choose from images, genes, clinical"):
        estimators.check_needs(frozenset("fedcba") | {"genes"}, "x")
    assert estimators.check_needs({"genes"}, "x") is None


def test_each_fit_gets_an_estimator_of_its_own():
    plain, forest = Tables(), RandomForestClassifier(n_estimators=3)
    plain.kept = [1]
    copied, cloned = estimators._maker(plain)(), estimators._maker(forest)()
    assert copied is not plain and copied.kept == [1] and copied.kept is not plain.kept
    assert cloned is not forest and cloned.n_estimators == 3
    assert estimators._maker(Tables) is Tables and estimators._maker(len) is len
