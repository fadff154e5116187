from pathlib import Path

import pytest

from datasets.errors import CohortError
from datasets.roots import DataMissing, data_roots, find_dataset


@pytest.fixture
def roots(tmp_path, monkeypatch):
    """The three places in the order of search: named, environment, per user."""
    places = [tmp_path / name for name in ("named", "environment", "user")]
    monkeypatch.setenv("HEMABENCH_DATA", str(places[1]))
    monkeypatch.setattr("datasets.roots.platformdirs.user_data_dir", lambda _: str(places[2]))
    return places


def put(root, marker="m.csv"):
    (root / "set").mkdir(parents=True)
    (root / "set" / marker).touch()


def test_order_of_search(roots):
    assert data_roots(roots[0]) == roots
    assert data_roots() == roots[1:]


def test_without_the_variable_only_the_user_folder_is_left(roots, monkeypatch):
    monkeypatch.delenv("HEMABENCH_DATA")
    assert data_roots() == roots[2:]


@pytest.mark.parametrize("holders", [(0, 1, 2), (1, 2), (2,)])
def test_first_root_that_has_the_marker_wins(roots, holders):
    for i in holders:
        put(roots[i])
    assert find_dataset("set", "m.csv", roots[0]) == roots[holders[0]] / "set"


def test_a_folder_without_the_marker_is_passed_over(roots):
    put(roots[0], "other.csv")
    put(roots[2])
    assert find_dataset("set", "m.csv", roots[0]) == roots[2] / "set"


def test_missing_names_the_places_and_the_command(roots):
    with pytest.raises(DataMissing) as caught:
        find_dataset("set", "m.csv", roots[0])
    message = str(caught.value)
    assert all(str(root / "set") in message for root in roots)
    assert caught.value.command == "python -m benchmark data get set"
    assert caught.value.command in message
    assert isinstance(caught.value, FileNotFoundError)


def test_home_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HEMABENCH_DATA", "~/blood")
    assert data_roots()[0] == tmp_path / "blood"


def test_a_home_of_nobody_is_told():
    told = r"^~nobody-at-all/x: no such home folder\. Write the whole path\.$"
    with pytest.raises(CohortError, match=told):
        data_roots(Path("~nobody-at-all/x"))
