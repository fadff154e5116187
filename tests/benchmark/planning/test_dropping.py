"""Entries that are left out of the plan that is kept."""

import pytest

from benchmark.entries import UnknownName, UsageError
from benchmark.planning import Plan, PlannedTask, PlannedTrial, drop, save, saved
from benchmark.planning.one_model import one_row_a_model
from benchmark.records import Identity, Store


def trial(entry: str, task: str = "t", **more) -> PlannedTrial:
    return PlannedTrial(Identity("quick", task, entry, 0, 0), f"/x/m.py:{entry}", {"seed": 0, "fold": 0}, "own", **more)


def kept(tmp_path, *trials: PlannedTrial) -> Store:
    tasks = {
        name: PlannedTask(name, name, "d", {}, ("a", "b"), True, (), (), "f", "s", (0,))
        for name in dict.fromkeys(t.identity.task for t in trials)
    }
    store = Store(tmp_path, "s")
    save(Plan("s", "S", "quick", tasks, one_row_a_model(trials)), store)
    return store


def entries(store: Store) -> list[tuple[str, str]]:
    return [(t.identity.entry, t.same_as) for t in saved(store, "quick").trials]


def test_what_is_left_out_is_gone_from_the_kept_plan_with_tasks_that_only_it_ran_on(tmp_path):
    store = kept(tmp_path, trial("a"), trial("b"), trial("b", "u"), trial("c[x=none]"))
    left = drop(store, "quick", ["b", "c[x=none]"])
    assert saved(store, "quick").trials == left.trials and entries(store) == [("a", "")]
    assert list(saved(store, "quick").tasks) == ["t"]


def test_an_entry_is_named_as_on_the_board_or_by_its_file(tmp_path):
    store = kept(tmp_path, trial("a"), trial("make_k"))
    drop(store, "quick", ["some/where.py:make_k"])
    assert entries(store) == [("a", "")]


def test_an_unknown_name_and_a_board_of_nothing_are_refused_and_change_nothing(tmp_path):
    store = kept(tmp_path, trial("make_k"), trial("a"))
    with pytest.raises(UnknownName, match=r"entry on the board of s, profile quick: 'maek_k'; did you mean make_k\?"):
        drop(store, "quick", ["a", "maek_k"])
    with pytest.raises(UsageError, match="--drop a, make_k: no other entry is on the board of s, profile quick; run"):
        drop(store, "quick", ["make_k", "a"])
    assert entries(store) == [("make_k", ""), ("a", "")]
    assert drop(store, "full", ["a"]) is None


def test_another_entry_of_the_same_model_runs_for_one_that_is_left_out(tmp_path):
    store = kept(tmp_path, trial("a", model="m", lacking=1), trial("b", model="m"), trial("c", model="m", lacking=2))
    assert entries(store) == [("a", "b"), ("b", ""), ("c", "b")]
    drop(store, "quick", ["b"])
    assert entries(store) == [("a", ""), ("c", "a")]
