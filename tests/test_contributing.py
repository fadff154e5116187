"""The part that CONTRIBUTING.md adds is one file and one line, and works as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```python (\S+)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL))
USE = """
import numpy as np
import torch
from benchmark.entries import entry_class, entry_spec
from models.inputs import Tokens
from models.pooling.max import Max
from tests.toy import toy_cohort

values, mask = torch.randn(5, 7, 3), torch.rand(5, 7) < 0.5
mask[0] = False
for found, bag, there in zip(Max().layer(3)(Tokens(values, mask)), values, mask):
    expected = bag[there].numpy().max(axis=0) if there.any() else np.zeros(3)
    np.testing.assert_array_equal(found.numpy(), expected)

cohort = toy_cohort(n=30, side=16, seed=1)
entry = entry_class(entry_spec("cnn-scratch[pooling=max, max_epochs=1, cells.width=4]"))(seed=0)
proba = entry.fit(cohort[np.arange(0, 20)], cohort[np.arange(20, 30)]).predict_proba(cohort)
np.testing.assert_allclose(proba.sum(axis=1), 1)
"""


def test_the_part_is_one_file_and_one_line_and_is_listed_and_learns(tmp_path):
    for package in ("benchmark", "baselines", "models", "datasets", "leaderboard"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "published"))
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests/toy.py", tmp_path / "tests/toy.py")
    assert list(BLOCKS) == ["models/pooling/max.py", "models/pooling/__init__.py"]
    (tmp_path / "models/pooling/max.py").write_text(BLOCKS["models/pooling/max.py"])
    registry = tmp_path / "models/pooling/__init__.py"
    registry.write_text(
        registry.read_text().replace("PARTS = {\n", "PARTS = {\n" + BLOCKS["models/pooling/__init__.py"])
    )
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"}
    for words in (["-m", "benchmark", "list", "parts"], ["-c", USE]):
        done = subprocess.run([sys.executable, *words], cwd=tmp_path, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "list" not in words or "The largest value that any cell has" in done.stdout
