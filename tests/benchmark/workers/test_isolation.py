"""A trial is alone: nothing of one entry reaches another, its children end with it, and its end has its true cause."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmark.workers.isolated_jobs import Heard, jobs_of, run_entries, run_jobs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="trials are forked on Linux")

WITNESS = """
import random, warnings
import numpy.linalg
import helper


def view():
    return {
        "cwd": os.getcwd(),
        "env": os.environ.get("PLANTED", ""),
        "filters": repr(warnings.filters),
        "norm": np.linalg.norm.__module__,
        "mean": float(np.mean([1.0, 2.0])),
        "errors": np.geterr(),
        "count": helper.COUNT,
        "path": sys.path,
        "handler": str(__import__("signal").getsignal(15)),
        "draws": [random.random(), *np.random.rand(3).tolist(), *list({"a", "b", "c", "d", "e", "f"})],
        "input": train_sum,
    }


train_sum = 0.0


class Witness(Base):
    def act(self, train):
        global train_sum
        train_sum = float(train.clinical["hb"].sum())
        self.draw_ = float(np.random.rand())
        return view()

    def predict_proba(self, cohort):
        return np.tile([self.draw_, 1 - self.draw_], (len(cohort), 1))


class Again(Witness):
    pass


class Hostile(Base):
    def act(self, train):
        import signal, tempfile

        open(os.path.join(os.path.dirname(__file__), "cut.txt")).close()
        os.chdir(tempfile.mkdtemp())
        os.environ.update(PLANTED="yes", HOME="/nowhere", TMPDIR="/nowhere")
        warnings.filterwarnings("error")
        np.linalg.norm = lambda *_: 0.0
        np.mean = lambda *_: 1.0
        np.seterr(all="raise")
        helper.COUNT += 1
        sys.path.insert(0, "/nowhere")
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        random.seed(1), np.random.seed(1)
        train.clinical["hb"] = 0.0
        train.y[:] = 0
        train.units.clear()
        sys.stdout = sys.stderr = None
"""


def test_nothing_of_one_entry_reaches_the_next(tmp_path):
    seen = []
    for name, entries, workers in (
        ("alone", ["Witness", "Again"], 1),
        ("after", ["Hostile", "Witness", "Again"], 1),
        ("beside", ["Hostile", "Witness", "Again"], 2),
    ):
        home = tmp_path / name
        home.mkdir()
        (home / "helper.py").write_text("COUNT = 0\n")
        (home / "cut.txt").write_text("0.5")
        run = run_entries(home, WITNESS, *entries, workers=workers)
        assert run.failures == 0, run.errors
        facts = [run.report(entry) for entry in ("Witness", "Again")]
        assert facts[0] == facts[1] and facts[0]["count"] == 0 and facts[0]["env"] == ""
        watched = {entry: set(run.records[entry]["details"]["watched"]) for entry in entries}
        assert watched == {entry: {str(home / "cut.txt")} if entry == "Hostile" else set() for entry in entries}
        assert run.records["Witness"]["predictions_sha256"] == run.records["Again"]["predictions_sha256"]
        own = [entry for entry in facts[0].pop("path") if entry != str(home)]
        seen.append((facts[0], own, run.records["Witness"]["predictions_sha256"]))
    assert seen[0] == seen[1] == seen[2]


CAUSES = """
class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class Unpicklable(Exception):
    def __init__(self, a, b):
        super().__init__(f"{a} {b}")
        self.lock = __import__("threading").Lock()


class Exits(Base):
    def act(self, train):
        sys.exit("GPU not found, set CUDA_VISIBLE_DEVICES")


class Interrupts(Base):
    def act(self, train):
        raise KeyboardInterrupt


class OsExits(Base):
    def act(self, train):
        os._exit(0)


class Crashes(Base):
    def act(self, train):
        import ctypes

        ctypes.string_at(0)


class Kills(Base):
    def act(self, train):
        os.kill(os.getpid(), 9)


class OddText(Base):
    def act(self, train):
        raise Odd


class TwoArguments(Base):
    def act(self, train):
        raise Unpicklable("left", "right\\nsecond line")


class Groups(Base):
    def act(self, train):
        raise ExceptionGroup("several", [ValueError("one")])


class Surrogate(Base):
    def act(self, train):
        raise ValueError("name \\udcff")


class PathReport(Base):
    def act(self, train):
        return {"found": [{"where": __import__("pathlib").PurePosixPath(".")}]}


class KeyReport(Base):
    def act(self, train):
        return {("a", 1): 2}


class LongNumber(Base):
    def act(self, train):
        return {"n": [10**5000]}


class OddKey(Base):
    def act(self, train):
        return {"\\ud800": 1}


class OddName(Base):
    def act(self, train):
        try:
            open(os.path.join(os.path.dirname(__file__), "we\\udcffird.txt"))
        except FileNotFoundError:
            pass


class SelfReport(Base):
    def fit(self, train, valid):
        self.report_ = [1, 2]
        return self


class NumpyReport(Base):
    def act(self, train):
        return {"n": np.int64(4), "best": np.float32(0.5), "curve": np.arange(2.0), "loss": float("nan"), np.int8(3): 1}


class ClosesFiles(Base):
    def act(self, train):
        for fd in (0, 1, 2):
            os.close(fd)
        sys.stdout.close()
        print("nobody hears this", file=sys.stderr)


class ForksAndReturns(Base):
    def act(self, train):
        os.fork()


class Replaces(Base):
    def predict_proba(self, cohort):
        import builtins, hashlib, json

        json.dumps = lambda *a, **k: "{}"
        builtins.open = hashlib.sha256 = None
        os.replace = os.write = lambda *a: 0
        return super().predict_proba(cohort)


class Hooks(Base):
    def act(self, train):
        def hear(event, arguments):
            if event == "open":
                raise RuntimeError("no open for you")

        sys.addaudithook(hear)


class Speaks(Base):
    def act(self, train):
        for handle in range(3, 64):
            try:
                os.write(handle, b'{"error": 3} \\xff')
            except OSError:
                pass


class Forged(Base):
    def predict_proba(self, cohort):
        return np.full((len(cohort), 2), 0.7)
"""
EXPECTED = {
    "Exits": "SystemExit: GPU not found, set CUDA_VISIBLE_DEVICES",
    "Interrupts": "KeyboardInterrupt",
    "OsExits": "ended with exit code 0 and said no last word that can be read",
    "Crashes": "(killed by signal 11, SIGSEGV)",
    "Kills": "(killed by signal 9: out of memory?)",
    "OddText": "Odd",
    "TwoArguments": "Unpicklable: left right",
    "Groups": "ExceptionGroup: several",
    "Surrogate": "ValueError: name \\udcff",
    "PathReport": "report_['found'][0]['where'] is a PurePosixPath, which JSON cannot hold",
    "KeyReport": "report_ has the key ('a', 1), a tuple, which JSON cannot hold",
    "LongNumber": "report_['n'][0] is a whole number of more than 4300 digits",
    "OddKey": "report_ has the key '\\ud800', which is not UTF-8",
    "OddName": "we\\udcffird.txt, which the entry opens, is not UTF-8; rename it",
    "SelfReport": "report_ is a list, needs a dict",
    "ClosesFiles": "OSError: [Errno 9] Bad file descriptor",
    "Hooks": "ended with exit code 1 and said no last word that can be read (what it printed: ",
    "Speaks": "ended with exit code 0 and said no last word that can be read (what it printed: ",
    "Forged": "rows are not probabilities",
}


def test_every_end_has_its_true_cause_and_no_other_trial_suffers(tmp_path):
    run = run_entries(tmp_path, CAUSES, *EXPECTED, "Replaces", "NumpyReport", "ForksAndReturns", "Base")
    last = {entry: error.strip().rpartition("\n")[2] for entry, error in run.errors.items()}
    for entry, cause in EXPECTED.items():
        assert cause in last[entry] and run.records[entry]["status"] == "failed"
        assert ("out of memory" in last[entry]) == (entry == "Kills")
    assert run.failures == len(EXPECTED)
    assert run.report("NumpyReport") == {"n": 4, "best": 0.5, "curve": [0.0, 1.0], "loss": "nan", "3": 1}
    assert run.errors["ForksAndReturns"] == run.errors["Replaces"] == run.errors["Base"] == ""


CHILDREN = """
import multiprocessing as mp
import subprocess


def square(x):
    return x * x


class Pools(Base):
    def act(self, train):
        with mp.Pool(2) as pool:
            return {"squares": pool.map(square, range(4))}


class Futures(Base):
    def act(self, train):
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(2) as pool:
            return {"squares": list(pool.map(square, range(4)))}


class Spawns(Base):
    def act(self, train):
        with mp.get_context("spawn").Pool(1) as pool:
            return {"squares": pool.map(square, range(4))}


class Joblib(Base):
    def act(self, train):
        from joblib import Parallel, delayed

        return {"squares": Parallel(n_jobs=2)(delayed(square)(i) for i in range(4))}


class Leaves(Base):
    end = staticmethod(lambda: None)

    def act(self, train):
        one = subprocess.Popen(["sleep", "600"]).pid
        other = subprocess.Popen(["sleep", "600"], start_new_session=True).pid
        orphan = int(subprocess.check_output(["sh", "-c", "setsid sleep 600 >/dev/null 2>&1 & echo $!"]))
        pool = mp.get_context("fork").Process(target=time.sleep, args=(600,))
        pool.start()
        open(f"pids-{type(self).__name__}", "w").write(f"{one} {other} {orphan} {pool.pid}")
        self.end()


class LeavesAndDies(Leaves):
    end = staticmethod(lambda: os._exit(1))


class LeavesAndSpins(Leaves):
    @staticmethod
    def end():
        while True:
            pass
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_entries_may_start_processes_and_none_outlives_its_trial(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    starting, leaving = ["Pools", "Futures", "Spawns", "Joblib"], ["Leaves", "LeavesAndDies", "LeavesAndSpins"]
    run = run_entries(tmp_path, CHILDREN, *starting, *leaving, limit=20)
    for entry in starting:
        assert run.report(entry)["squares"] == [0, 1, 4, 9]
    assert run.errors["Leaves"] == "" and "exit code 1" in run.errors["LeavesAndDies"]
    assert "trial_seconds is 20" in run.errors["LeavesAndSpins"]
    left = [int(pid) for entry in leaving for pid in (tmp_path / f"pids-{entry}").read_text().split()]
    assert len(left) == 12 and not any(map(alive, left))


TORCH = """
import torch
from torch.utils.data import DataLoader, TensorDataset


class Doubles(Base):
    def act(self, train):
        torch.set_default_dtype(torch.float64)


class Loads(Base):
    def act(self, train):
        batches = DataLoader(TensorDataset(torch.arange(8.0)), batch_size=4, num_workers=2)
        return {
            "sums": [float(batch.sum()) for batch, in batches],
            "dtype": str(torch.zeros(1).dtype),
            "draw": float(torch.rand(1)),
            "threads": torch.get_num_threads(),
        }


class LoadsAgain(Loads):
    pass
"""


def test_torch_entries_have_loaders_their_own_dtype_and_equal_draws(tmp_path):
    run = run_entries(tmp_path, TORCH, "Doubles", "Loads", "LoadsAgain", workers=1, threads=2)
    assert run.failures == 0, run.errors
    first = run.report("Loads")
    assert first == run.report("LoadsAgain")
    assert first["sums"] == [6.0, 22.0] and first["dtype"] == "torch.float32" and first["threads"] == 2


LIMITS = """
import subprocess, sys


class Sleeps(Base):
    def act(self, train):
        time.sleep(4)


class Spins(Base):
    def act(self, train):
        while True:
            pass


class SpinsElsewhere(Base):
    def act(self, train):
        subprocess.run([sys.executable, "-c", "while True: pass"])


class Threads(Base):
    def act(self, train):
        from threadpoolctl import threadpool_info

        import scipy.linalg, sklearn.ensemble

        own = sorted({pool["num_threads"] for pool in threadpool_info()})
        return {"pools": own, "variable": os.environ["OMP_NUM_THREADS"]}


class ServerThreads(Base):
    def act(self, train):
        import scipy.linalg, sklearn.ensemble

        return {"server": len(os.listdir(f"/proc/{os.getppid()}/task"))}
"""


def test_the_limit_counts_processor_time_and_threads_are_those_given(tmp_path):
    entries = ["Sleeps", "Spins", "SpinsElsewhere", "Threads", "ServerThreads"]
    run = run_entries(tmp_path, LIMITS, *entries, limit=1.5, threads=2)
    assert run.errors["Sleeps"] == ""
    for entry in ("Spins", "SpinsElsewhere"):
        assert "TimeoutError: used" in run.errors[entry] and "trial_seconds is 2" in run.errors[entry]
    assert run.report("Threads") == {"pools": [2], "variable": "2"}
    assert run.report("ServerThreads") == {"server": 1}
    assert run.records["Threads"]["details"]["environment"]["threads"] == 2


DRAWS = """
class Draws(Base):
    def predict_proba(self, cohort):
        print("drawn")
        first = np.random.rand(len(cohort)) / 10 + cohort.clinical["hb"].to_numpy() / 1000
        return np.stack([first, 1 - first], axis=1)
"""


def test_every_trial_of_a_server_is_as_its_first_before_and_after_it_folded_its_memory(tmp_path):
    (job,) = jobs_of(tmp_path, DRAWS, ["Draws"])
    names = [f"Draws {i}" for i in range(24)]
    jobs = [
        replace(job, key=f"{i:016d}{'0' * 48}", identity=replace(job.identity, entry=name))
        for i, name in enumerate(names)
    ]
    run = run_jobs(tmp_path, jobs, workers=1)
    assert set(run.records) == set(names) and set(run.errors.values()) == {""}
    assert len({record["predictions_sha256"] for record in run.records.values()}) == 1
    logs = tmp_path / "runs/tiny/logs"
    assert (logs / "worker-0.log").read_text() == "drawn\n" * 2 * len(names)  # of valid and of test
    assert (logs / "server-plain.log").read_text() == ""


SERVERS = """
class KillsServerOnce(Base):
    def act(self, train):
        if not os.path.exists("killed"):
            open("killed", "w").close()
            os.kill(os.getppid(), 9)
            time.sleep(60)


class KillsEveryServer(Base):
    def act(self, train):
        os.kill(os.getppid(), 9)
        time.sleep(60)


class Bystander(Base):
    def act(self, train):
        time.sleep(2)
"""


def test_a_server_that_dies_costs_a_second_try_and_then_a_hole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = run_entries(tmp_path, SERVERS, "KillsServerOnce", "Bystander", "KillsEveryServer", "Base")
    assert [run.errors[entry] for entry in ("KillsServerOnce", "Bystander", "Base")] == ["", "", ""]
    assert "RuntimeError: the process that starts trials ended with exit code -9" in run.errors["KillsEveryServer"]
    assert run.errors["KillsEveryServer"].strip().endswith("twice")
    assert run.records["KillsEveryServer"]["status"] == "failed"


def test_a_server_that_never_says_a_word_is_a_hole_with_its_cause(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "benchmark.workers.trial_server.serve", sys.exit
    )  # called with too much: a traceback, exit code 1
    run = run_entries(tmp_path, "", "Base")
    assert "ended with exit code 1" in run.errors["Base"] and "twice" in run.errors["Base"]
    assert run.records["Base"]["status"] == "failed"


def test_where_processes_cannot_be_forked_each_trial_is_spawned(tmp_path):
    jobs = jobs_of(tmp_path, CAUSES + CHILDREN + LIMITS, ["Exits", "OsExits", "Pools", "Spins"])
    run = run_jobs(tmp_path, jobs, limit=3, fork=False)
    assert "SystemExit: GPU not found" in run.errors["Exits"]
    assert "twice" in run.errors["OsExits"] or "exit code" in run.errors["OsExits"]
    assert run.report("Pools")["squares"] == [0, 1, 4, 9]
    assert "TimeoutError: used" in run.errors["Spins"]


def test_a_listener_that_raises_leaves_no_process(tmp_path, monkeypatch):
    from multiprocessing import active_children

    def stop(job):
        raise KeyboardInterrupt

    monkeypatch.setattr(Heard, "started", lambda self, job: stop(job))
    with pytest.raises(KeyboardInterrupt):
        run_entries(tmp_path, LIMITS, "Sleeps")
    assert not active_children()


def test_signals_of_a_run_that_ignores_them_do_not_reach_entries(tmp_path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        source = "import signal\n\nclass Asks(Base):\n    def act(self, train):\n"
        source += "        return {'sigint': signal.getsignal(2) is signal.default_int_handler}\n"
        run = run_entries(tmp_path, source, "Asks")
    finally:
        signal.signal(signal.SIGINT, before)
    assert run.report("Asks") == {"sigint": True}
