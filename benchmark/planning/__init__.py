"""Turn a suite into trials."""

from benchmark.planning.auditing import known_rules
from benchmark.planning.dropping import drop
from benchmark.planning.forecast import Forecast, forecast, longest_first
from benchmark.planning.oracle import oracle_accuracy
from benchmark.planning.plan import Plan, make_plan
from benchmark.planning.plan_file import check_source, save, saved, saved_or_set_aside
from benchmark.planning.planned import PlannedTask, PlannedTrial
from benchmark.planning.splitting import LEAKY_FLAG, make_split
from benchmark.planning.state import State, inspect

__all__ = [
    "LEAKY_FLAG",
    "Forecast",
    "Plan",
    "PlannedTask",
    "PlannedTrial",
    "State",
    "check_source",
    "drop",
    "forecast",
    "inspect",
    "known_rules",
    "longest_first",
    "make_plan",
    "make_split",
    "oracle_accuracy",
    "save",
    "saved",
    "saved_or_set_aside",
]
