"""Measure what it costs that a trial is alone: processor time of trivial trials, each in a process of its own.

Run from the repository root: ``python -m perf.isolation``. The cohort has 24 patients and one clinical column, the
entry predicts one half; what is left is the fork, the data, the checks, the durable write and the end. Counted are
the server and all its trials, less what the server spent until the first trial had ended, and the run itself, which
hands out jobs and hears of their end. The write path alone writes the same record to a store in one process.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from pathlib import Path

TOML = """
name = "trivial"
classes = ["other", "APL"]
[specimens]
table = "specimens.csv"
patient = "patient"
domain = "hospital"
[clinical.columns]
hb = { unit = "g/dL" }
"""
ENTRY = """
import numpy as np
IMPORT


class Half:
    needs = frozenset({"clinical"})

    def __init__(self, *, seed: int = 0):
        self.seed = seed

    def fit(self, train, valid):
        return self

    def predict_proba(self, cohort):
        return np.full((len(cohort), 2), 0.5)
"""
KINDS = {"no torch": "", "scikit-learn": "import sklearn.ensemble", "torch": "import torch"}


def processor() -> float:
    """Return processor seconds of this process and of the children that it has waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def write_inputs(home: Path, imports: str) -> None:
    rows = [f"S{i},P{i},{'AB'[i % 4 // 2]},{('other', 'APL')[i % 2]},{9 + i % 2 + i % 7 / 10:.1f}" for i in range(24)]
    (home / "specimens.csv").write_text("specimen,patient,hospital,label,hb\n" + "\n".join(rows) + "\n")
    (home / "cohort.toml").write_text(TOML)
    (home / "half.py").write_text(ENTRY.replace("IMPORT", imports))


def jobs(home: Path, count: int) -> list:
    """Return jobs that differ in their seed alone."""
    from benchmark.entries import load_dataset
    from benchmark.records import Identity, Store, codes, keep_split
    from benchmark.workers import Job
    from datasets.schemes import kfold

    toml, target = str(home / "cohort.toml"), f"{home / 'half.py'}:Half"
    cohort = load_dataset(toml, None, {})
    split = kfold(cohort, folds=2)
    keep_split(split, Store(home / "runs", "trivial"))
    common = dict(
        target=target, dataset=toml, options={}, data_root=None, fingerprint=cohort.fingerprint, split=split.checksum,
        params={}, tune=None, device="cpu", runs=str(home / "runs"), suite="trivial",
        versions={"code": codes([target])[target]},
    )  # fmt: skip
    return [
        Job(identity=Identity("quick", "t", "Half", i, 0), key=f"{i:016d}{'0' * 48}", study="", **common)
        for i in range(count)
    ]


class Silent:
    """Hear of the first trial's end."""

    def __init__(self) -> None:
        self.failed = 0

    def started(self, job: object) -> None: ...

    def finished(self, job: object, error: str, seconds: float) -> None:
        self.failed += bool(error)


def spent(home: Path, count: int, workers: int) -> float:
    """Return the processor seconds of a run of trivial trials, its server's start and end included."""
    from benchmark.workers import run_local

    chosen, listener, before = jobs(home, count), Silent(), processor()
    run_local(chosen, workers=workers, threads=1, limit=60, logs=home / "runs/logs", listener=listener)
    if listener.failed:
        raise RuntimeError(f"{listener.failed} of {count} trivial trials failed; see {home / 'runs'}")
    return processor() - before


def write_path(home: Path, count: int) -> float:
    """Return the processor seconds of writing the record of a trivial trial durably, again and again."""
    from benchmark.records import Store

    store = Store(home / "runs", "trivial")
    record = store.records()[0][0]
    told = store.predictions(record)
    predictions = {name: column.to_numpy(dtype="U" if column.dtype == "str" else None) for name, column in told.items()}
    before = processor()
    for _ in range(count):
        store.write(record, predictions)
    return processor() - before


def main() -> None:
    """Print processor milliseconds per trial of each kind, and of the write path alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    for kind, imports in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            write_inputs(home, imports)
            start = spent(home, 1, args.workers)
            many = spent(home, args.trials + 1, args.workers)
            each = 1000 * (many - start) / args.trials
            print(f"{kind:12s} {each:6.2f} ms a trial; {start:.1f} s for a server and one trial")
            if not imports:
                alone = write_path(home, args.trials)
                print(f"{'write path':12s} {1000 * alone / args.trials:6.2f} ms a record")


if __name__ == "__main__":
    main()
