"""Mutated genes as yes/no columns from a list with one row a variant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def mutated(
    variants: pd.DataFrame, samples: NDArray[np.str_], sequenced: NDArray[np.bool_], genes: Sequence[str]
) -> pd.DataFrame:
    """Return one category column ``mut_<gene>`` a gene: yes, no, or missing where a sample was not sequenced.

    Args:
        variants: Columns ``sample`` and ``gene``, one row a variant that counts.
        samples: str (n,), rows of the result.
        sequenced: bool (n,).
        genes: Genes to report; one that nobody has becomes a column of no.
    """
    hits = set(zip(variants["sample"], variants["gene"], strict=True))
    columns = {}
    for gene in genes:
        found = np.array([(sample, gene) in hits for sample in samples], dtype=bool)
        values = pd.Series(np.where(found, "yes", "no")).where(pd.Series(sequenced))
        columns[f"mut_{gene}"] = pd.Categorical(values, ["no", "yes"])
    return pd.DataFrame(columns)
