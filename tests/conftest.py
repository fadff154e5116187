"""Settings that every test shares."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("ordinary", deadline=None, max_examples=40)
settings.load_profile("ordinary")


_LONGEST = ("test_readme.py", "test_run_own_models.py", "test_run_stopped.py", "test_isolation.py", "test_run.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.path.name not in _LONGEST)


@pytest.fixture(scope="module")
def cache_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the tests of a module a cache folder of their own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HEMABENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _real_data_only_when_named(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("realdata") and not os.environ.get("HEMABENCH_DATA"):
        pytest.skip("set HEMABENCH_DATA to the folder with the real files")
