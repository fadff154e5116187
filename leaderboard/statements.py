"""What a table says in words, derived from its data: sizes, intervals, findings, warnings."""

from __future__ import annotations

from leaderboard.calibration import BINS, EPS
from leaderboard.check import proba_columns
from leaderboard.escape import plain
from leaderboard.holes import hole_notes, is_applicable
from leaderboard.results import Board
from leaderboard.rows import CONTROL, stale_entries
from leaderboard.tables import TaskView
from leaderboard.testsets import SHIFTED, WORST, test_sets


def notes(view: TaskView) -> list[str]:
    """Return patients and specimens of each test set, rare and absent classes, and who cannot run here."""
    first = view.scores.drop_duplicates("test_set").set_index("test_set")
    sizes = [
        f"{plain(name)}: {first['n_patients'][name]} patients, {first['n_specimens'][name]} specimens"
        for name in view.test_sets
        if name != WORST
    ]
    rare = [f"{plain(s.name)}: {plain(note)}" for s in test_sets(view.task) if s.name != SHIFTED for note in s.notes]
    unfit = [
        f"{plain(entry)} is {plain(note)}"
        for entry, note in hole_notes(view.task).items()
        if not is_applicable(view.task, entry)
    ]
    return [*sizes, *rare, *(plain(note) for note in view.task.notes), *unfit]


def interval_definition(board: Board) -> str:
    """Return in one line what the brackets are."""
    return (
        "[low, high]: 95 % interval, percentiles of a patient-clustered bootstrap "
        f"(of ECE mirrored at the estimate), {board.resamples} resamples"
    )


READING = (
    "Scores are of patients: probabilities are averaged over a patient's specimens, and scores over seeds.",
    "The bootstrap draws whole patients within class x domain, the same for all entries. It says what other patients "
    "would do, not what another training would. A score at its bound can have an interval without width, which is no "
    "certainty.",
    "ECE is biased upwards when patients are few: its interval is mirrored at the estimate to make up for that, and "
    "still covers less than 95 % for a well calibrated entry.",
    "Entries share a tie group when the 95 % interval of their paired difference to the best of the group holds 0.",
    f"NLL counts a probability below {EPS:g} as that. ECE is of the top label in {BINS} bins of equal width.",
)


def findings(view: TaskView) -> list[str]:
    """Return one sentence on who leads and one on whether anything beats the control, from the headline metric."""
    metric, first = view.headline, view.test_sets[0]
    rows = view.at(first, metric.name).set_index("entry")
    top = [entry for entry in view.entries if rows["tie"].eq(1).fillna(False)[entry]]
    if not top:
        return [f"No entry is complete on {metric.label} ({plain(first)})."]
    return [_lead(view, top), *_against_control(view)]


def _lead(view: TaskView, top: list[str]) -> str:
    where = f"{view.headline.label} ({plain(view.test_sets[0])})"
    lead = f"{plain(top[0])} is alone in the top tie group on {where}."
    if len(top) > 1:
        rest = ", ".join(plain(entry) for entry in top[1:])
        lead = f"On {where} these patients do not separate {plain(top[0])} from {rest}."
    simple = [entry for entry in top if view.task.families.get(entry) in ("rule", "classic")]
    if not simple:
        return lead
    told = ", ".join(f"{plain(entry)} ({view.task.families[entry]})" for entry in simple)
    return f"{lead} In the top tie group without deep learning: {told}."


def _against_control(view: TaskView) -> list[str]:
    metric = view.headline
    flat = []
    for test_set in view.test_sets:
        known = view.at(test_set, metric.name)["vs_prior"].dropna()
        if len(known) and known.max() < 1:
            flat.append(plain(test_set))
    return [f"Nothing beats {CONTROL} beyond the interval on {metric.label}: {', '.join(flat)}."] if flat else []


def warnings(view: TaskView) -> list[str]:
    """Return what a reader must know before believing the table."""
    return [*_below_control(view), *_holes(view), *_protocol(view)]


def _below_control(view: TaskView) -> list[str]:
    told = []
    for test_set in view.test_sets:
        rows = view.at(test_set, view.headline.name)
        below = [plain(entry) for entry in rows.loc[rows["vs_prior"].eq(-1).fillna(False), "entry"]]
        if below:
            told.append(
                f"Below {CONTROL} beyond noise on {view.headline.label} ({plain(test_set)}): {', '.join(below)}."
            )
    return told


def _holes(view: TaskView) -> list[str]:
    return [
        f"Hole: {plain(entry)}, {plain(note)}"
        for entry, note in hole_notes(view.task).items()
        if is_applicable(view.task, entry)
    ]


def _protocol(view: TaskView) -> list[str]:
    trials, told = view.task.trials, []
    trials = trials[trials["status"] == "done"]
    tuned = trials.dropna(subset=["tuned"]).groupby("entry")["tuned"].agg(lambda given: all(given))
    if tuned.nunique() > 1:
        told.append(f"Untuned beside tuned entries: {', '.join(plain(e) for e in tuned.index[~tuned])}.")
    seeds = trials.groupby("entry")["seed"].nunique()
    if len(seeds) and seeds.max() == 1:
        told.append("One seed: the spread between trainings is unknown.")
    elif seeds.nunique() > 1:
        told.append(f"Unequal numbers of seeds: {', '.join(f'{plain(str(e))} {n}' for e, n in seeds.items())}.")
    stale = stale_entries(view.task)
    if stale:
        told.append(f"Stale, not ranked: {', '.join(plain(entry) for entry in stale)}.")
    told += [f"Identical predictions: {', '.join(map(plain, same))}; they count as one." for same in _twins(view)]
    return told


def _twins(view: TaskView) -> list[list[str]]:
    """Return groups of entries whose probabilities agree to the last bit, as when the part they differ in is unused."""
    groups: dict[bytes, list[str]] = {}
    columns = proba_columns(view.task)
    for entry, rows in view.task.predictions.groupby("entry", sort=True):
        ordered = rows.sort_values(["seed", "fold", "role", "specimen"])
        groups.setdefault(ordered[columns].to_numpy(float).tobytes(), []).append(str(entry))
    return [same for same in groups.values() if len(same) > 1]
