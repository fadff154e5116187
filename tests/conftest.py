"""Settings that every test shares."""

import os

import pytest
from hypothesis import settings

settings.register_profile("ordinary", deadline=None, max_examples=40)
settings.load_profile("ordinary")


@pytest.fixture(autouse=True)
def _real_data_only_when_named(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("realdata") and not os.environ.get("HEMABENCH_DATA"):
        pytest.skip("set HEMABENCH_DATA to the folder with the real files")
