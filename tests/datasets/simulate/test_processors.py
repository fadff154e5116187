"""The same pictures, genes and labs from other kernels of numpy, as another processor would run them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = """
from datasets.generated import apl_sim, hematopoiesis_sim, mito_sim
print(apl_sim.load(patients=40, cells=8).fingerprint)
print(mito_sim.load(patients=42, cells=6).fingerprint)
print(hematopoiesis_sim.load(n_genes=1000, donors=4, cells=4).fingerprint)
"""


def _newer_than_avx2():
    """Return the kernels of this numpy that this processor can run and one with AVX2 only could not."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return [name for name in found if name == "X86_V4" or name.startswith("AVX512")]


def _fingerprints(cache, **variables):
    environment = {**os.environ, "HEMABENCH_CACHE": str(cache), **variables}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(__file__).parents[3], env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


def test_a_processor_without_avx512_makes_the_same_bytes(tmp_path):
    if not (newer := _newer_than_avx2()):
        pytest.skip("this processor has no kernels beyond AVX2 to switch off")
    usual = _fingerprints(tmp_path / "usual")
    assert len(usual) == 3
    assert _fingerprints(tmp_path / "older", NPY_DISABLE_CPU_FEATURES=" ".join(newer)) == usual
