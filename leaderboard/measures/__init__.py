"""Score one set of predictions."""

from leaderboard.measures.calibration import BINS, EPS, brier, ece, nll
from leaderboard.measures.counts import Floats, Ints, label, ratio
from leaderboard.measures.decisions import sensitivity
from leaderboard.measures.detail_metrics import DETAILS, Detail
from leaderboard.measures.exact_interval import clopper_pearson
from leaderboard.measures.metrics import METRICS, Metric, headline, metrics_for
from leaderboard.measures.reliability import ece_debiased
from leaderboard.measures.scaling import Scaler, platt, slope, temperature, vector
from leaderboard.measures.selective import accuracy_at_coverage
from leaderboard.measures.share_interval import (
    Share,
    at_bound,
    few_patients,
    most_at_bound,
    most_effective,
    share_interval,
    unmoved,
)
from leaderboard.measures.shared_work import read_only

__all__ = [
    "BINS",
    "DETAILS",
    "EPS",
    "METRICS",
    "Detail",
    "Floats",
    "Ints",
    "Metric",
    "Scaler",
    "Share",
    "accuracy_at_coverage",
    "at_bound",
    "brier",
    "clopper_pearson",
    "ece",
    "ece_debiased",
    "few_patients",
    "headline",
    "label",
    "metrics_for",
    "most_at_bound",
    "most_effective",
    "nll",
    "platt",
    "ratio",
    "read_only",
    "sensitivity",
    "share_interval",
    "slope",
    "temperature",
    "unmoved",
    "vector",
]
