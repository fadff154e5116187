"""Turn a suite into trials."""

from benchmark.planning.auditing import known_rules
from benchmark.planning.forecast import Forecast, forecast
from benchmark.planning.oracle import oracle_accuracy
from benchmark.planning.plan import Plan, PlannedTask, PlannedTrial, make_plan
from benchmark.planning.plan_file import check_source, save, saved, saved_or_set_aside
from benchmark.planning.shelf import DataShelf
from benchmark.planning.splitting import LEAKY_FLAG, keep_split, kept_split, make_split
from benchmark.planning.state import State, codes, inspect

__all__ = [
    "LEAKY_FLAG",
    "DataShelf",
    "Forecast",
    "Plan",
    "PlannedTask",
    "PlannedTrial",
    "State",
    "check_source",
    "codes",
    "forecast",
    "inspect",
    "keep_split",
    "kept_split",
    "known_rules",
    "make_plan",
    "make_split",
    "oracle_accuracy",
    "save",
    "saved",
    "saved_or_set_aside",
]
