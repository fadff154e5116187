"""A cache of its own for all tests of a module."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def module_cache(tmp_path_factory):
    """Keep what a module's tests cache together, and out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMABENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
