"""Load generated cohorts whose Bayes optimum is known."""

from datasets.generated.apl_sim import load

__all__ = [
    "load",
]
