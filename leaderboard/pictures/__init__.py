"""Draw what the tables say."""

from leaderboard.pictures.benefit_plot import SHOWN, benefit_plots
from leaderboard.pictures.critical_difference_plot import critical_difference_plot
from leaderboard.pictures.forest import forest
from leaderboard.pictures.learning_curve_plot import learning_curve_plot
from leaderboard.pictures.pareto import pareto
from leaderboard.pictures.reliability_plot import reliability
from leaderboard.pictures.risk_coverage import risk_coverage_plot
from leaderboard.pictures.win_rate import FEWEST, win_rate_plot, win_rates

__all__ = [
    "FEWEST",
    "SHOWN",
    "benefit_plots",
    "critical_difference_plot",
    "forest",
    "learning_curve_plot",
    "pareto",
    "reliability",
    "risk_coverage_plot",
    "win_rate_plot",
    "win_rates",
]
