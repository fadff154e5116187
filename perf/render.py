"""Time the renderer of generated cells: one and two threads at 64 px, and the default cohort from end to end.

Run from the repository root: ``python -m perf.render``. Nothing is cached. The rate on two threads, in cells a
second, is the last line.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time

from threadpoolctl import threadpool_limits

from datasets.generated import load
from datasets.simulate.apl import sample_world
from datasets.simulate.drawing import render


def main() -> None:
    """Print rates, the time of the default cohort and, last, the rate on two threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=30)
    parser.add_argument("--cells", type=int, default=24)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=12)
    options = parser.parse_args()
    with threadpool_limits(1):
        rates = {
            threads: rate(options.patients, options.cells, options.image_size, threads, options.repeats)
            for threads in (1, 2)
        }
        seconds = cohort_seconds()
    print(f"{options.patients} patients x {options.cells} cells, {options.image_size} px, best of {options.repeats}")
    print(f"default cohort, 240 patients x 24 cells, everything: {seconds:.1f} s")
    print(f"cells a second of processor time, one thread: {rates[1][1]:.0f}")
    for threads, (value, _) in rates.items():
        print(f"{threads} thread{'s' if threads > 1 else ''}: {value:.0f} cells/s")


def rate(patients: int, cells: int, image_size: int, threads: int, repeats: int) -> tuple[float, float]:
    """Return cells a second of wall clock and of processor time, the best of ``repeats``.

    Sites are mixed, so about two thirds of the images pass JPEG.
    """
    world = sample_world(1.0, patients, cells, 0.0, 0)
    wall = busy = float("inf")
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        render(world.cells, world.patients.site, image_size, 0, threads=threads)
        wall, busy = min(wall, time.perf_counter() - start), min(busy, time.process_time() - used)
    return patients * cells / wall, patients * cells / busy


def cohort_seconds() -> float:
    """Return the time that ``load`` takes when nothing is cached."""
    with tempfile.TemporaryDirectory() as empty:
        os.environ["HEMABENCH_CACHE"] = empty
        start = time.perf_counter()
        load()
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
