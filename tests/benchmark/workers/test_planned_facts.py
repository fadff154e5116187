"""What a plan asks of a user's file is asked in another process: nothing that its import does reaches this one."""

from __future__ import annotations

import os
import sys
import warnings

import numpy as np
import pytest

from benchmark.entries.registry import entry_spec
from benchmark.entries.usage import UsageError
from benchmark.workers import planned_facts
from benchmark.workers.planned_facts import facts_apart
from tests.benchmark.commands.test_exit_codes import said
from tests.benchmark.workers.isolated_jobs import write_cohort

FILE = """
import os, sys, warnings
import numpy as np

{act}


def search_space(trial):
    return {{}}


class Mine:
    needs = frozenset({{"genes", "clinical"}})
    family = "rule"

    def __init__(self, *, seed=0, device="cpu"):
        pass

    def fit(self, train, valid):
        return self

    def predict_proba(self, cohort):
        return np.full((len(cohort), cohort.n_classes), 1 / cohort.n_classes)
"""
PATCHES = """
np.mean = np.linalg.norm = lambda *_: 0.0
os.environ["PLANTED"] = "yes"
os.chdir("/")
sys.path.insert(0, "/nowhere")
sys.stdout = sys.stderr = None
warnings.simplefilter("error")
"""


def spec_of(tmp_path, act):
    (tmp_path / "mine.py").write_text(FILE.format(act=act))
    return entry_spec(f"{tmp_path / 'mine.py'}:Mine")


def state():
    return os.getcwd(), dict(os.environ), list(sys.path), sys.stdout, list(warnings.filters), "mine" in sys.modules


def test_facts_come_back_and_patches_do_not(tmp_path):
    spec = spec_of(tmp_path, PATCHES)
    before, mean, norm = state(), np.mean, np.linalg.norm
    facts = facts_apart(spec)
    assert facts.needs == {"genes", "clinical"} and facts.family == "rule"
    assert facts.tunes and facts.takes_device
    assert np.mean is mean and np.linalg.norm is norm and state() == before


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("sys.exit('no licence')", "ends the process that imports it (SystemExit: no licence)"),
        ("os._exit(3)", "its process died with exit code 3"),
        ("while True: pass", "not done within 2 seconds"),
        ("Mine = 3\n1 +", "invalid syntax"),
    ],
)
def test_a_file_that_ends_or_holds_up_its_process_is_one_sentence(tmp_path, monkeypatch, act, told):
    monkeypatch.setattr(planned_facts, "_SECONDS", 2.0 if "while" in act else 60.0)
    with pytest.raises(UsageError) as caught:
        facts_apart(spec_of(tmp_path, act))
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_raises_is_planned_because_its_trial_records_the_error(tmp_path):
    assert facts_apart(spec_of(tmp_path, "1 / 0")).needs == frozenset()


def test_a_run_of_a_file_that_exits_at_its_import_is_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys):
    spec = spec_of(tmp_path, "sys.exit(7)")
    words = [
        "run",
        "--dataset",
        str(write_cohort(tmp_path)),
        "--entry",
        f"{spec.path}:Mine",
        "--out",
        str(tmp_path / "runs"),
        "--dry-run",
    ]
    code, line = said(monkeypatch, capsys, *words)
    assert code == 2 and line.startswith("Error: entry Mine: ") and len(line.strip().splitlines()) == 1
