"""The part ``clinical = "tokens"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from models.layers import GroupTokens, chunks


@dataclass(frozen=True, kw_only=True)
class ClinicalTokens:
    """One token of each clinical column, or of runs of them.

    Args:
        runs: Tokens at most.
    """

    runs: Annotated[int, "[1, 1000000]"] = 64

    def encoder(self, columns: list[list[int]], dim: int, dropout: float) -> GroupTokens:
        """Return the module Batch -> Tokens (b, t, dim); t is the number of columns with features, or of runs."""
        told = [column for column in columns if column]  # a column without categories has none
        runs = chunks(range(len(told)), self.runs)
        return GroupTokens("clinical", [[j for i in run for j in told[i]] for run in runs], dim, dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
