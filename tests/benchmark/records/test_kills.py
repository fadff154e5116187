"""SIGKILL at any moment of any write: what was told to be written is there, whole, and the rest is absent."""

import json
import os
import random
import signal
import sys
import time
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState

from benchmark.planning.plan import Plan
from benchmark.planning.plan_file import save, saved
from benchmark.records.store import Identity, Record, Store
from benchmark.trials.study import StudyLog
from datasets.cache import cached_arrays
from datasets.sealed import sweep
from datasets.splits import SplitPlan, load_plan, save_plan
from leaderboard.records.whole_file import replace_bytes

KILLS = int(os.environ.get("KILLS", "20"))
FRAME = pd.DataFrame({"role": ["test"] * 9, "specimen": list("abcdefghi"), "p0": np.linspace(0, 1, 9)})
NOW = datetime(2026, 1, 1)


def plan(number: int) -> Plan:
    return Plan("s", f"{number:05d}", "quick", {}, ())


def split(number: int) -> SplitPlan:
    table = pd.DataFrame({"specimen": list("abc"), "fold": 0, "role": ["train", "valid", "test"]})
    return SplitPlan(table, (f"{number}",))


def trial(number: int) -> FrozenTrial:
    space, value = {"x": FloatDistribution(0, 1)}, {"x": 0.5}
    return FrozenTrial(number, TrialState.COMPLETE, number / 7, NOW, NOW, value, space, {}, {}, {}, number)


def write_all(home: Path, first: int, told: int) -> None:
    """Write one of everything again and again; say the number of each round that is done."""
    store, log = Store(home, "s"), StudyLog(home / "s" / "studies" / "k.log")
    for number in range(first, first + 10**6):
        record = Record(f"{number:016x}" + "0" * 48, Identity("quick", "t", "e", 0, number), "done", {"seconds": {}})
        store.write(record, FRAME)
        save(plan(number), store)
        save_plan(split(number), home / "s" / "splits" / "p.csv")
        log.keep(trial(number))
        replace_bytes(home / "s" / "page.html", b"%05d" % number * 500)
        cached_arrays(f"c{number}", lambda n=number: {"x": np.full(500, n)}, home / "cache")
        os.write(told, b"%d\n" % number)


def one_kill(home: Path, first: int, draw: random.Random) -> int:
    """Fork a writer, kill it in the midst of a round, check all that it may have written; return the next number."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        write_all(home, first, write)
        os._exit(1)
    os.close(write)
    with os.fdopen(read) as pipe:
        done = [int(pipe.readline()) for _ in range(draw.randint(0, 2))]
        time.sleep(draw.uniform(0, 0.06))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        done += [int(line) for line in pipe if line.endswith("\n")]
    last = done[-1] if done else first - 1
    check(home, last)
    return last + 1


def check(home: Path, last: int) -> None:
    store = Store(home, "s")
    records, untrusted = store.records()
    assert untrusted == []
    assert {int(record.key[:16], 16) for record in records} >= set(range(last + 1))
    assert len(StudyLog(home / "s" / "studies" / "k.log").trials) >= last + 1
    if last >= 0:
        assert int(saved(store, "quick").title) in (last, last + 1)
        assert int(load_plan(home / "s" / "splits" / "p.csv").notes[0]) in (last, last + 1)
        page = (home / "s" / "page.html").read_bytes()
        assert page[:5] * 500 == page and int(page[:5]) in (last, last + 1)
        assert cached_arrays(f"c{last}", lambda: pytest.fail("made again"), home / "cache")["x"].sum() == 500 * last
    assert not list(home.rglob("quarantine"))


def kill_often(home: str, kills: int, told: str) -> None:
    """Run in a process without threads, which may fork."""
    draw, number = random.Random(0), 0
    for _ in range(kills):
        number = one_kill(Path(home), number, draw)
    left = sweep(Path(home))
    assert not list(Path(home).rglob("*.part"))
    Path(told).write_text(json.dumps({"rounds": number, "swept": len(left)}))


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_kill_at_any_moment_loses_at_most_what_was_in_flight(tmp_path):
    process = get_context("spawn").Process(target=kill_often, args=(str(tmp_path / "h"), KILLS, str(tmp_path / "told")))
    process.start()
    process.join()
    assert process.exitcode == 0
    told = json.loads((tmp_path / "told").read_text())
    print(told)
