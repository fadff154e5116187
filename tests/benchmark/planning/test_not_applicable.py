"""An entry that cannot judge a dataset says so, and its row is neither a failure nor a tie with the prior."""

from benchmark.records import Store, refusal
from tests.benchmark.small_run import said, write_cohort


def test_rules_without_what_they_read_are_not_applicable(tmp_path):
    """The cohort is of APL against other, with age and haemoglobin only."""
    cohort = write_cohort(tmp_path / "c")
    code, text = said(datasets=(str(cohort),), out=tmp_path / "runs", entries=("prior", "rules-apl"))
    assert code == 0 and "no rule fires for any of the" in text
    assert "NotApplicable" not in text and "failed" not in text
    (folder,) = (path for path in (tmp_path / "runs").iterdir() if path.is_dir())
    records, _ = Store(tmp_path / "runs", folder.name).records()
    assert sorted(record.status for record in records) == ["done", "done", "failed", "failed"]


def test_only_the_last_line_of_a_traceback_tells():
    assert refusal("Traceback\n  x\ndatasets.errors.NotApplicable: no rule fires: nothing") == "no rule fires: nothing"
    assert refusal("Traceback\n  x\nmine.NotApplicable: of a user's own") == refusal("NotApplicable: in a script") == ""
    assert refusal("NotApplicable: no rule\nValueError: broken") == refusal("ValueError: NotApplicable: x") == ""
    assert refusal("") == ""
