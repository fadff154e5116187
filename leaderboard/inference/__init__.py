"""Say how sure a score is, and whether two differ."""

from leaderboard.inference.bootstrap import BLOCK, Floats, distribution, draw, interval, reach, reflected
from leaderboard.inference.clustered import clustered, shared_weights
from leaderboard.inference.correlated_t import bayesian_t, nadeau_bengio
from leaderboard.inference.critical_difference import FEWEST, CriticalDifference, critical_difference, holm
from leaderboard.inference.delong import delong
from leaderboard.inference.permutation import permutation_p
from leaderboard.inference.resolution import MOST_PATIENTS, patients_needed, resolution_floor
from leaderboard.inference.seed_draw import with_drawn_seeds
from leaderboard.inference.shared_draw import SharedDraw, part, shared_draw, summary
from leaderboard.inference.ties import against, tie_groups, tie_reach

__all__ = [
    "BLOCK",
    "FEWEST",
    "MOST_PATIENTS",
    "CriticalDifference",
    "Floats",
    "SharedDraw",
    "against",
    "bayesian_t",
    "clustered",
    "critical_difference",
    "delong",
    "distribution",
    "draw",
    "holm",
    "interval",
    "nadeau_bengio",
    "part",
    "patients_needed",
    "permutation_p",
    "reach",
    "reflected",
    "resolution_floor",
    "shared_draw",
    "shared_weights",
    "summary",
    "tie_groups",
    "tie_reach",
    "with_drawn_seeds",
]
