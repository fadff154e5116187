"""Small copies of the layouts of public image sets."""

import numpy as np
import pytest
from PIL import Image


def picture(path, grey=120, size=(40, 40), **options):
    """Write one image of a single grey; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), grey, np.uint8)).save(path, **options)
    return path


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Keep the machine's own data and caches out."""
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HEMABENCH_DATA", raising=False)
    monkeypatch.setattr("datasets.roots.platformdirs.user_data_dir", lambda _: str(tmp_path / "user"))
    return tmp_path
