"""Small copies of the layouts of public image sets."""

import os

import numpy as np
import pytest
from PIL import Image


def picture(path, grey=120, size=(40, 40), **options):
    """Write one image of a single grey; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), grey, np.uint8)).save(path, **options)
    return path


def keep_out(tmp_path, monkeypatch):
    """Keep the machine's own data and caches out of a test."""
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HEMABENCH_DATA", raising=False)
    monkeypatch.setattr("datasets.roots.platformdirs.user_data_dir", lambda _: str(tmp_path / "user"))


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Keep the machine's own data and caches out."""
    keep_out(tmp_path, monkeypatch)
    return tmp_path


def real_cohort(tmp_path_factory, load, **options):
    """Yield what ``load`` reads of the real files, cached for one module; skip where they are not."""
    if "HEMABENCH_DATA" not in os.environ:
        pytest.skip("HEMABENCH_DATA is not set")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMABENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield load(**options)
