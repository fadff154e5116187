"""What a plan knows of an entry: from its class where it can be imported, the least where it raises."""

from __future__ import annotations

import pytest

from benchmark.entries import UsageError, entry_spec
from benchmark.trials import EntryFacts, chosen_device, entry_facts, search_space

CONTRACT = """
class Mine:
    {body}

    def __init__(self, *, seed=0{more}):
        pass

    def fit(self, train, valid):
        return self

    def predict_proba(self, cohort):
        return None
{after}
"""


def spec_of(tmp_path, body="needs = frozenset()", more="", after=""):
    path = tmp_path / f"mine_{len(list(tmp_path.iterdir()))}.py"  # a file is imported once
    path.write_text(CONTRACT.format(body=body, more=more, after=after))
    return entry_spec(f"{path}:Mine")


def test_a_class_tells_what_it_needs_its_kind_its_space_and_its_device(tmp_path):
    assert entry_facts(spec_of(tmp_path)) == EntryFacts(frozenset(), "own", False, False)
    told = entry_facts(
        spec_of(
            tmp_path,
            "needs = {'genes'}\n    family = 'rule'",
            ", device='cpu'",
            "def search_space(trial):\n    return {}",
        )
    )
    assert told == EntryFacts(frozenset({"genes"}), "rule", True, True)
    assert isinstance(told.needs, frozenset)


def test_a_file_that_raises_tells_the_least_and_one_that_breaks_the_contract_is_refused(tmp_path):
    assert entry_facts(spec_of(tmp_path, after="1 / 0")) == EntryFacts(frozenset(), "own", False, False)
    broken = spec_of(tmp_path, after="def f(:")
    line = broken.path.read_text().splitlines().index("def f(:") + 1
    with pytest.raises(UsageError, match=rf"^entry Mine: {broken.path}, line {line}: (invalid syntax|.*expected)"):
        entry_facts(broken)
    helper = tmp_path / "broken_helper.py"
    helper.write_text("x = 1\n  y = 2\n")
    with pytest.raises(UsageError, match=rf"^entry Mine: {helper}, line 2: unexpected indent; mend it$"):
        entry_facts(spec_of(tmp_path, after="import broken_helper"))
    with pytest.raises(UsageError, match=r"entry Mine: .* lacks needs"):
        entry_facts(spec_of(tmp_path, body="pass"))


def test_a_recipe_tells_its_own():
    assert entry_facts(entry_spec("fusion-vit")) == EntryFacts(frozenset(), "deep", True, True)
    assert entry_facts(entry_spec("xgboost")) == EntryFacts(frozenset(), "classic", True, False)
    control = entry_facts(entry_spec("prior"))
    assert (control.family, control.takes_device) == ("control", False)
    assert callable(search_space(entry_spec("xgboost")))


@pytest.mark.parametrize(
    ("asked", "there", "chosen"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_the_device_is_the_one_asked_for_or_the_best_there_is(monkeypatch, asked, there, chosen):
    monkeypatch.setattr("torch.cuda.is_available", lambda: there)
    assert chosen_device(asked) == chosen


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(UsageError, match="--device cuda: torch sees no CUDA device here"):
        chosen_device("cuda")
    assert chosen_device("cpu") == "cpu"
