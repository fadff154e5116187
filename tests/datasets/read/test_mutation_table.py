"""Lists of variants as yes/no columns, beside a loop over samples and genes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.read.mutation_table import mutated

NAMES = st.sampled_from(["a", "b", "c"])  # samples and genes share their names: neither stands for the other


@given(st.lists(st.tuples(NAMES, NAMES)), st.lists(st.booleans(), min_size=3, max_size=3))
def test_a_gene_is_mutated_where_a_variant_says_so_and_unknown_where_nothing_was_sequenced(variants, sequenced):
    table = pd.DataFrame(variants, columns=["sample", "gene"], dtype=object)
    found = mutated(table, np.array(["c", "a", "b"]), np.array(sequenced), ["b", "a", "d"])
    assert found.columns.tolist() == ["mut_b", "mut_a", "mut_d"]
    for gene in ("b", "a", "d"):
        assert found[f"mut_{gene}"].cat.categories.tolist() == ["no", "yes"]
        expected = [("yes" if (s, gene) in variants else "no") if k else None
                    for s, k in zip("cab", sequenced, strict=True)]  # fmt: skip
        assert [v if isinstance(v, str) else None for v in found[f"mut_{gene}"]] == expected


def test_which_samples_were_sequenced_is_said_by_yes_and_no():
    with pytest.raises((TypeError, ValueError)):
        mutated(pd.DataFrame({"sample": ["a"], "gene": ["b"]}), np.array(["a"]), np.array([2.0]), ["b"])
