"""What a table says in words, derived from its data: sizes, intervals, findings, warnings."""

from __future__ import annotations

import math

from leaderboard.measures import BINS, EPS
from leaderboard.records import SHIFTED, WORST, Board, scored_line, sizes_in_words
from leaderboard.scores import CONTROL, TaskView
from leaderboard.text import plain
from leaderboard.verdicts.alike import one_model
from leaderboard.verdicts.qc import failures


def notes(view: TaskView) -> list[str]:
    """Return sizes of each test set, what is scored, rare and absent classes, and who cannot run or is another here."""
    first = view.scores.drop_duplicates("test_set").set_index("test_set")
    sizes = [
        f"{plain(name)}: {sizes_in_words(view.task, first['n_patients'][name], first['n_specimens'][name])}"
        for name in view.test_sets
        if name != WORST
    ]
    rare = [f"{plain(name)}: {plain(note)}" for name, note in _rare(view).items() if note]
    unfit = [f"{plain(entry)} is {plain(note)}" for entry, note in view.holes.items() if entry in view.unfit]
    same = [
        f"{plain(entry)} is the same model as {plain(other)} here; its scores are in that row"
        for entry, other in view.same.items()
    ]
    told = [plain(note) for note in view.task.notes]
    return [*sizes, scored_line(view.task), *_floor(view), *rare, *told, *unfit, *same]


def _rare(view: TaskView) -> dict[str, str]:
    """Return what the scores note of classes that are absent or rare, by test set."""
    told = view.scores[view.scores["comparable"] & ~view.scores["test_set"].isin([SHIFTED, WORST])]
    return {str(name): str(note) for name, note in told.groupby("test_set", sort=False)["note"].first().items()}


def _floor(view: TaskView) -> list[str]:
    """Return the resolution floor of the headline on each test set."""
    metric = view.headline
    floors = {name: float(view.at(name, metric.name)["floor"].iloc[0]) for name in view.test_sets}
    told = [f"{floor:.3f} {plain(name)}" for name, floor in floors.items() if not math.isnan(floor)]
    return [
        f"Resolution floor, the smallest difference these patients can show in {metric.label}: {', '.join(told)}"
    ] * bool(told)


def interval_definition(board: Board) -> str:
    """Return in one line what the brackets are."""
    return (
        "[low, high]: 95 % interval from a patient-clustered bootstrap (shares: Wilson with the effective number of "
        f"patients; other scores: expanded percentiles; of ECE mirrored at the estimate), {board.resamples} resamples"
    )


READING = (
    "Above each task's tables stands what is scored, patients or specimens. Scores are averaged over seeds.",
    "The bootstrap draws whole patients within class x domain, or within class where such a group has fewer than 5, "
    "the same for all entries, and an entry's seeds where it has several. With one seed it says what other patients "
    "would do, not what another training would.",
    "Intervals are widened for few patients (t quantile, small strata). In score and detail tables those of accuracy, "
    "also when only the surest are answered, balanced accuracy, macro F1, F1 of a task of two classes, MCC, AUROC and "
    "Hand-Till M are Wilson's, with the effective number of patients that the bootstrap shows, and no more than there "
    "are patients where fewer than 5 have a wrong specimen; near the best and the worst score they reach at least as "
    "far as exact one-sided limits. So are those of sensitivity and specificity, but exact "
    "(Clopper-Pearson) at 0 and 1 and for fewer than 10 patients. Those of other scores and of differences are "
    "percentiles, with few patients at least a t quantile of standard deviations wide; those of scores are too narrow "
    "for a nearly perfect entry. python -m perf.coverage prints what each covers.",
    "ECE is biased upwards when patients are few: its interval is mirrored at the estimate to make up for that, and "
    "still covers less than 95 % for a well calibrated entry.",
    "Entries share a tie group when the 95 % interval of their paired difference to the best of the group holds 0; "
    "where one of the two has one seed, so that nothing shows the luck of a training, the 99 % interval. The "
    "comparison with prior, pairs, the patients needed to part them and claims of one entry over another use the same.",
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
    """Return what a reader must know before believing the table: broken rules of quality, entries that are one."""
    return [*(failure.text for failure in failures(view)), *one_model(view.task)]
