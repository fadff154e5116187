"""The likelihood of rows with gaps."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from datasets.simulate.shared.distributions import Normal
from datasets.simulate.shared.likelihood import clinical_log_likelihood


def test_a_row_is_as_likely_as_the_values_it_has():
    model = {
        "a": Normal(np.arange(6.0).reshape(3, 2), np.full((3, 2), 2.0)),
        "b": Normal(np.arange(6.0, 0, -1).reshape(3, 2), np.ones((3, 2))),
    }
    rows = pd.DataFrame({"b": [1.0, np.nan, 2.0, np.nan], "a": [np.nan, 3.0, 0.5, np.nan], "c": 1.0})
    got = clinical_log_likelihood(model, rows, 3)
    assert got.shape == (4, 3, 2)
    for i, c, v in np.ndindex(got.shape):
        wanted = sum(
            stats.norm(family.mean[c, v], family.sd[c, v]).logpdf(rows[name][i])
            for name, family in model.items()
            if not np.isnan(rows[name][i])
        )
        assert got[i, c, v] == pytest.approx(wanted)
