"""One job in its process: what the record tells, what is refused, and what an entry leaves behind."""

from __future__ import annotations

import os
import platform
import sys
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from benchmark.entries import DataShelf
from benchmark.records import Store
from benchmark.trials import Outcome, TuneBudget, derive_seed
from benchmark.workers import worker
from tests.benchmark.workers.test_executors import job


class Told(SimpleNamespace):
    """Anything that a cache can hold."""

    __hash__ = object.__hash__


OUTCOME = Outcome({"role": np.array(["test"]), "p0": np.array([1.0])}, None, {"seconds": {"fit": 1.0}})


@pytest.fixture
def known(monkeypatch):
    """Code that is what it was, and no watched files."""
    told = {"codes": {"m:C": {"a": 1}}}
    monkeypatch.setattr(worker, "codes", lambda targets: told["codes"])
    monkeypatch.setattr(worker, "watched_files", lambda: {"/x": "1"})
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    return told


def job_of(tmp_path):
    return replace(job(tmp_path, 1), versions={"code": {"a": 1}, "commit": "c"})


def test_a_record_tells_when_where_and_with_what_it_was_made(tmp_path, monkeypatch, known):
    monkeypatch.setattr(worker, "_outcome", lambda *_: OUTCOME)
    before = datetime.now(UTC).replace(microsecond=0)
    record = worker.execute(job_of(tmp_path), DataShelf())
    started = datetime.fromisoformat(record.details.pop("started"))
    assert before <= started <= datetime.now(UTC) and started.microsecond == 0
    assert record.details == {
        "seconds": {"fit": 1.0}, "watched": {"/x": "1"}, "code": {"a": 1}, "commit": "c",
        "environment": {
            "python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}", "threads": 3
        },
    }  # fmt: skip
    assert (record.status, record.error) == ("done", "") and Store(tmp_path, "s").records()[0][0].key == record.key
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert worker._environment()["threads"] == 0


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()])
def test_what_an_entry_raises_is_a_failed_record_and_streams_and_warnings_are_ours_again(
    tmp_path, monkeypatch, known, error
):
    def spoil(*_):
        sys.stdout = sys.stderr = None
        warnings.simplefilter("error")
        raise error

    streams, filters = (sys.stdout, sys.stderr), list(warnings.filters)
    monkeypatch.setattr(worker, "_outcome", spoil)
    record = worker.execute(job_of(tmp_path), DataShelf())
    assert (sys.stdout, sys.stderr) == streams and warnings.filters == filters
    assert record.status == "failed" and type(error).__name__ in record.error.splitlines()[-1]
    assert record.details["params"] == {"a": 1} and record.details["commit"] == "c"
    assert {"started", "environment"} <= set(record.details)


def test_code_that_changed_meanwhile_is_a_failure(tmp_path, monkeypatch, known):
    monkeypatch.setattr(worker, "_outcome", lambda *_: OUTCOME)
    known["codes"] = {"m:C": {"a": 2}}
    assert "code of this entry changed while it ran; run again" in worker.execute(job_of(tmp_path), DataShelf()).error


@pytest.mark.parametrize("fails", [False, True])
def test_a_copy_that_an_entry_forked_writes_nothing_and_ends(tmp_path, monkeypatch, known, fails):
    ids = iter([1, 2, 2])

    def outcome(*_):
        if fails:
            raise ValueError
        return OUTCOME

    def leave(code):
        raise InterruptedError(code)

    monkeypatch.setattr(worker, "_outcome", outcome)
    monkeypatch.setattr(worker, "os", SimpleNamespace(getpid=lambda: next(ids), _exit=leave, environ=os.environ))
    with pytest.raises(InterruptedError) as left:
        worker.execute(job_of(tmp_path), DataShelf())
    assert left.value.args == (1,) and not list(tmp_path.rglob("trial.json"))


def test_a_trial_is_asked_with_what_the_job_says(tmp_path, monkeypatch):
    asked, watched = {}, []
    split = Told(roles=lambda cohort, fold: {"fold": fold}, notes=("a note",))
    shelf = SimpleNamespace(data_root=None, cohort=lambda name, options: Told(fingerprint="f"))
    monkeypatch.setattr(worker, "kept_split", lambda store, checksum: split)
    monkeypatch.setattr(worker, "known_otherwise", lambda *args: args)
    monkeypatch.setattr(worker, "start_watching", watched.append)
    monkeypatch.setattr(worker, "entry_class", lambda spec: spec.target)
    monkeypatch.setattr(worker, "search_space", lambda spec: spec.name)
    monkeypatch.setattr(worker, "seed_globals", lambda seed: watched.append(seed))

    def run_trial(build, cohort, roles, **more):
        asked.update(more, build=build, roles=roles)
        return OUTCOME

    monkeypatch.setattr(worker, "run_trial", run_trial)
    one = replace(
        job_of(tmp_path), fingerprint="f", split="s" * 64, study="0123456789abcdefXYZ", device="cuda",
        identity=replace(job_of(tmp_path).identity, seed=7), tune={"trials": 2, "seconds": 1.0},
        options={"predict.modality_grid": True},
    )  # fmt: skip
    store = Store(tmp_path, "s")
    outcome = worker._outcome(one, shelf, store)
    seed = derive_seed(7, "s" * 64, 1)
    assert asked == {
        "build": "m:C", "roles": {"fold": 1}, "params": {"a": 1}, "seed": seed, "device": "cuda", "space": "e",
        "budget": TuneBudget(2, 1.0), "study": store.folder / "studies" / "0123456789abcdef.log",
        "tuning_seed": derive_seed(0, "s" * 64, 1), "modality_grid": True,
    }  # fmt: skip
    assert watched == [("m:C", one.dataset, store.folder, None), seed]
    assert outcome.details == {"seconds": {"fit": 1.0}, "split_notes": ["a note"]}
    worker._outcome(replace(one, tune=None, options={}), shelf, store)
    assert asked["budget"] is None and asked["modality_grid"] is False
    with pytest.raises(RuntimeError, match="data of  changed since the run was planned; run again"):
        worker._outcome(replace(one, fingerprint="g"), shelf, store)


def test_what_is_known_otherwise_are_runs_data_caches_and_files_that_the_key_covers(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HEMABENCH_DATA", str(tmp_path / "data"))
    (tmp_path / "near.py").write_text("import numpy\n")
    (tmp_path / "mine.py").write_text(
        "import near\nfrom models.images import vit_tiny\n\n\nclass Mine:\n    needs = 1\n"
    )
    told = worker.known_otherwise(f"{tmp_path}/mine.py:Mine", "blood", tmp_path / "runs", tmp_path / "first")
    names = ["runs", "first/blood", "data/blood", "cache", "mine.py", "near.py"]
    assert {tmp_path / name for name in names} <= set(told) and len([p for p in told if p.suffix == ".py"]) == 2
    assert tmp_path / "data" not in told and tmp_path / "first" not in told
