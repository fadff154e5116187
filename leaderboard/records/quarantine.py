"""Set aside what cannot be scored, entry by entry, so that one bad file does not cost the whole table."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from leaderboard.records.check import check
from leaderboard.records.held_out import check_valid
from leaderboard.records.results import TaskResult

_FACTS = ["patient", "domain", "y"]


def quarantined(task: TaskResult) -> tuple[TaskResult, dict[str, str]]:
    """Return the task without the entries that cannot be scored, which become holes, and entry -> reason.

    An entry is set aside when its rows are malformed, when its specimens have another patient, domain or label than
    most entries say, or when it was tested on other specimens, folds or roles than most entries were; so it is for its
    predictions of unseen classes.

    Raises:
        ValueError: If what is wrong belongs to no single entry, such as an unknown status or a missing column.
    """
    reasons: dict[str, str] = {}
    _check_shape(task)
    for entry in task.entries:
        one = _only(task, entry)
        try:
            check(one)
            check_valid(one)
        except ValueError as error:
            reasons[entry] = str(error)
    reasons.update(_odd_ones_out(_without(task, reasons)))
    clean = _without(task, reasons)
    check(clean)
    return clean, reasons


def _check_shape(task: TaskResult) -> None:
    ood = None if task.ood is None else task.ood.iloc[:0]
    trials = task.trials.assign(status="missing")
    check(replace(task, predictions=task.predictions.iloc[:0], trials=trials, ood=ood))


def _only(task: TaskResult, entry: str) -> TaskResult:
    tables = {"predictions": task.predictions, "trials": task.trials, "valid": task.valid, "ood": task.ood}
    parts = {part: None if table is None else table[table["entry"] == entry] for part, table in tables.items()}
    return replace(task, **parts)  # type: ignore[arg-type]


def _without(task: TaskResult, reasons: dict[str, str]) -> TaskResult:
    known = [entry for entry in task.entries if entry not in reasons]
    out = task.trials["entry"].isin(list(reasons))
    trials = task.trials.assign(
        status=task.trials["status"].mask(out, "failed"),
        error=task.trials["error"].mask(out, "quarantined: " + task.trials["entry"].map(reasons).astype(str)),
    )
    valid = None if task.valid is None else task.valid[~task.valid["entry"].isin(list(reasons))]
    ood = None if task.ood is None else _of(task.ood, known)
    return replace(task, predictions=_of(task.predictions, known), trials=trials, valid=valid, ood=ood)


def _of(table: pd.DataFrame, entries: list[str]) -> pd.DataFrame:
    return table[table["entry"].isin(entries)].reset_index(drop=True)


def _odd_ones_out(task: TaskResult) -> dict[str, str]:
    """Return the entries whose facts or tested specimens differ from those of most entries."""
    table = task.predictions
    if table.empty:
        return {}
    reasons = _against_majority(table, ["specimen"], _FACTS, "says of a specimen what most entries do not")
    rest = _rest(table, reasons)
    reasons |= _other_split(rest)
    if task.ood is None or task.ood.empty:
        return reasons
    facts = ["patient", "domain", "role"]
    reasons |= _against_majority(
        _rest(task.ood, reasons), ["specimen"], facts, "says of an unseen specimen what most do not"
    )
    reasons |= _other_split(_rest(task.ood, reasons))
    return reasons | _tested_elsewhere(_rest(task.ood, reasons), _rest(table, reasons))


def _rest(table: pd.DataFrame, reasons: dict[str, str]) -> pd.DataFrame:
    return table[~table["entry"].isin(list(reasons))]


def _tested_elsewhere(ood: pd.DataFrame, tested: pd.DataFrame) -> dict[str, str]:
    """Return the entries that call a patient unseen whom the others were tested on."""
    both = ood[ood["patient"].isin(tested["patient"]) | ood["specimen"].isin(tested["specimen"])]
    first = both.drop_duplicates("entry")
    named = zip(first["entry"], first["patient"], strict=True)
    return {entry: f"says that {patient!r} is unseen, who is tested as of a known class" for entry, patient in named}


def _against_majority(table: pd.DataFrame, of: list[str], facts: list[str], words: str) -> dict[str, str]:
    told = table[["entry", *of, *facts]].drop_duplicates()
    votes = told.groupby([*of, *facts])["entry"].nunique().rename("votes").reset_index()
    best = votes.sort_values("votes", ascending=False, kind="stable").drop_duplicates(of)
    merged = told.merge(best[[*of, *facts]], on=of, suffixes=("", "_most"))
    differs = (merged[facts].to_numpy() != merged[[f"{f}_most" for f in facts]].to_numpy()).any(axis=1)
    first = merged[differs].drop_duplicates("entry")
    return {row.entry: f"{words}: {row.specimen!r}" for row in first.itertuples()}


def _other_split(table: pd.DataFrame) -> dict[str, str]:
    """Compare which specimen plays which role in which fold with what most entries say, in the folds that are done."""
    cells = pd.Series(list(zip(table["fold"], table["role"], table["specimen"], strict=True)), table.index)
    told = table[["entry", "seed"]].assign(cell=cells)
    votes = told.groupby("cell")["entry"].nunique()
    usual = set(votes.index[votes * 2 >= told["entry"].nunique()])
    reasons: dict[str, str] = {}
    for (entry, seed), part in told.groupby(["entry", "seed"]):  # type: ignore[misc]
        given = set(part["cell"])
        done = {cell[0] for cell in given}
        strange, lost = sorted(given - usual), sorted(cell for cell in usual - given if cell[0] in done)
        if strange:
            fold, role, specimen = strange[0]
            reasons[str(entry)] = f"another split: seed {seed} predicts {specimen!r} as {role} of fold {fold}"
        elif lost:
            fold, role, specimen = lost[0]
            reasons[str(entry)] = f"{len(lost)} specimens lack a prediction, first: {specimen!r}, {role} of fold {fold}"
    return reasons
