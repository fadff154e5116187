"""What fit, refit and trace may answer; anything else is refused in one line that says what to do."""

import re

import numpy as np
import pandas as pd
import pytest

from benchmark.trials.answers import learned, trace_table
from benchmark.trials.trial import run_trial
from benchmark.trials.tune import TuneBudget
from tests.benchmark.trials.test_trial import COHORT, ROLES, Spy

VIEW = COHORT[np.arange(3)]
IDS = VIEW.specimen


class FitsNothing(Spy):
    def fit(self, train, valid):
        super().fit(train, valid)


class RefitsNothing(Spy):
    def refit(self, cohort):
        pass


def test_an_entry_is_taken():
    spy = Spy(seed=0)
    assert learned(spy, "fit") is spy
    with pytest.raises(TypeError, match=r"^refit returned str; return self$"):
        learned("done", "refit")


@pytest.mark.parametrize(("build", "method"), [(FitsNothing, "fit"), (RefitsNothing, "refit")])
def test_a_trial_says_which_method_returned_no_entry(build, method):
    with pytest.raises(TypeError, match=rf"^{method} returned NoneType; return self$"):
        run_trial(build, COHORT, ROLES, params={}, seed=1)


def test_tuning_says_so_too(tmp_path):
    more = {"space": lambda trial: {}, "budget": TuneBudget(1, 60), "study": tmp_path / "study"}
    with pytest.raises(ValueError, match=r"TypeError: fit returned NoneType; return self"):
        run_trial(FitsNothing, COHORT, ROLES, params={}, seed=1, **more)


TRACES = {
    "no column": (pd.DataFrame({"q": [1]}), "trace returned 0 columns 'specimen' (columns: 'q'); return one"),
    "no columns": (pd.DataFrame(index=IDS), "columns: none"),
    "in the index": (pd.DataFrame({"q": 1}, index=pd.Index(IDS, name="specimen")), "filled from cohort.specimen"),
    "two": (pd.DataFrame([[1, 2]], columns=["specimen"] * 2), "trace returned 2 columns 'specimen'"),
    "foreign": (pd.DataFrame({"specimen": [*IDS, "x"]}), "1 rows of specimens that it was not shown, the first 'x'"),
    "missing": (pd.DataFrame({"specimen": [*IDS, None]}), "1 rows of specimens that it was not shown"),
    "numbers": (pd.DataFrame({"specimen": range(3)}), "3 rows of specimens that it was not shown, the first 0"),
    "none": (None, "trace returned NoneType; return a DataFrame with a column 'specimen'"),
    "dict": ({"specimen": list(IDS)}, "trace returned dict"),
}


@pytest.mark.parametrize(("answer", "said"), TRACES.values(), ids=TRACES)
def test_a_trace_without_its_specimens_is_refused_in_one_line(answer, said):
    with pytest.raises((TypeError, ValueError), match=re.escape(said)) as refused:
        trace_table(answer, VIEW)
    assert "\n" not in str(refused.value)

    class Tracer(Spy):
        def trace(self, cohort):
            return answer

    with pytest.raises((TypeError, ValueError), match=r"^trace returned"):
        run_trial(Tracer, COHORT, ROLES, params={}, seed=1)


def test_a_trace_in_any_order_and_of_some_specimens_is_taken():
    table = pd.DataFrame({"specimen": IDS[[2, 0]], "why": ["a", "b"]})
    assert trace_table(table, VIEW) is table
