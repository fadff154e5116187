"""Turn a suite into trials."""

from benchmark.planning import plan_file
from benchmark.planning.auditing import known_rules
from benchmark.planning.oracle import oracle_accuracy
from benchmark.planning.plan import Plan, PlannedTask, PlannedTrial, make_plan, split_path
from benchmark.planning.plan_file import saved
from benchmark.planning.shelf import DataShelf
from benchmark.planning.splitting import LEAKY_FLAG, make_split
from benchmark.planning.state import State, codes, entry_file, inspect

__all__ = [
    "LEAKY_FLAG",
    "DataShelf",
    "Plan",
    "PlannedTask",
    "PlannedTrial",
    "State",
    "codes",
    "entry_file",
    "inspect",
    "known_rules",
    "make_plan",
    "make_split",
    "oracle_accuracy",
    "plan_file",
    "saved",
    "split_path",
]
