"""A cohort that takes long is named on stderr while it is made, one that is there soon is not."""

import time

import pytest

from benchmark.commands import waiting


@pytest.mark.parametrize(
    ("options", "said"),
    [({"patients": 1000}, "Preparing apl-sim, 1,000 patients ...\n"), ({}, "Preparing apl-sim ...\n")],
)
def test_what_takes_long_is_named_while_it_is_made_on_stderr_alone(monkeypatch, capsys, options, said):
    told = []

    def slow(*_):
        time.sleep(0.5)
        told.append(capsys.readouterr())
        return "cohort"

    monkeypatch.setattr(waiting, "_PATIENCE", 0.01)
    monkeypatch.setattr(waiting, "load_dataset", slow)
    assert waiting.load_told("apl-sim", None, options) == "cohort"
    assert (told[0].err, told[0].out) == (said, "")


def test_what_is_there_soon_or_fails_at_once_says_nothing(monkeypatch, capsys):
    monkeypatch.setattr(waiting, "_PATIENCE", 0.05)
    with waiting.told_when_long("golub", {}):
        pass
    with pytest.raises(ValueError, match="x"), waiting.told_when_long("golub", {}):
        raise ValueError("x")
    time.sleep(0.2)
    assert capsys.readouterr().err == ""
