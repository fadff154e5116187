"""Time and memory to tabulate 100,000 stored trials, made up in a temporary folder; the last line is the time."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmark.records import Store, short

_N = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
_BODY = b"PAR1" + bytes(3000)


def fill(store: Store, n: int) -> None:
    """Write ``n`` records without synchronising each of them."""
    for i in range(n):
        key = hashlib.sha256(str(i).encode()).hexdigest()
        folder = store.folder / short(key)
        folder.mkdir(parents=True)
        identity = {"profile": "quick", "task": f"t{i % 20}", "entry": f"e{i % 50}", "seed": i // 1000, "fold": i % 5}
        details = {"params": {"depth": 3}, "seconds": {"fit": 1.0}, "started": "2026-01-01", "report": {"epochs": 12}}
        sha = hashlib.sha256(_BODY).hexdigest()
        record = {"key": key, "identity": identity, "status": "done", "details": details, "error": ""}
        (folder / "predictions.parquet").write_bytes(_BODY)
        (folder / "trial.json").write_text(json.dumps({**record, "predictions_sha256": sha}))


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as home:
        store = Store(Path(home), "suite")
        fill(store, _N)
        start, cpu = time.perf_counter(), time.process_time()
        records, problems = store.records()
        wall, spent = time.perf_counter() - start, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{len(records)} records, {len(problems)} quarantined, {spent:.1f} s of processor, peak {peak:.0f} MB")
        print(f"{wall:.1f} s")


if __name__ == "__main__":
    main()
