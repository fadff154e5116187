"""How each further table is laid out for reading: what names a row, what becomes a column, what is said above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leaderboard.questions import INFLATION, LEAKY, RUNGS

ESTIMATE = ("value", "low", "high")


@dataclass(frozen=True)
class Shape:
    """The layout of one long table.

    Attributes:
        reading: How to read it, one sentence or two.
        split: One table for each value of these columns.
        rows: Columns that name a row.
        across: Columns whose values, joined, become columns; the first is looked up in ``HEADERS``.
        figures: What to put before the header -> columns of a value, its lower and its upper bound; a value alone has
            no bounds.
        counted: Column that says in each cell how many patients or scores it rests on; else patients are a column.
        texts: Further columns of words; without "note" among them each cell says itself why it has no value.
    """

    reading: str
    split: tuple[str, ...] = ("test_set",)
    rows: tuple[str, ...] = ("entry",)
    across: tuple[str, ...] = ("metric",)
    figures: Mapping[str, tuple[str, ...]] | None = None
    counted: str = ""
    texts: tuple[str, ...] = ("note",)

    @property
    def shown(self) -> Mapping[str, tuple[str, ...]]:
        """``figures``, by default the value and its interval."""
        return self.figures or {"": ESTIMATE}


SHAPES: dict[str, Shape] = {
    "recalibration": Shape(
        "One scaling was fitted for each model on its validation patients and applied to the test patients. Change is "
        "after minus before on the same resamples; ECE, NLL and Brier are better when lower, a slope of 1 is right.",
        rows=("entry", "method"),
        figures={"": ESTIMATE, "change of": ("change", "change_low", "change_high")},
    ),
    "conformal": Shape(
        "Sets should hold the true class for 90 % of the patients: coverage below that in a class, a domain or under "
        "shift is a broken promise, and coverage says nothing without the size of the sets beside it.",
        rows=("entry", "method"),
        across=("metric", "group"),
        counted="n_patients",
    ),
    "benefit": Shape(
        "True positives minus false positives weighted by the odds of the threshold, per patient. Gain is over the "
        "better of treating all and treating none; thresholds in between are in benefit.csv.",
        rows=("entry", "class"),
        across=("threshold",),
        figures={"at": ESTIMATE, "gain at": ("gain", "gain_low", "gain_high")},
        texts=(),
    ),
    "cost": Shape("Mean cost a patient of the calls that an entry's own probabilities make cheapest; lower is better."),
    "oracle": Shape(
        "The generator knows the best possible probabilities. Share of the achievable: (entry - prior) / (oracle - "
        "prior) in the metric that orders the board; it can exceed 100 % where an entry learned a shortcut."
    ),
    "variance": Shape(
        "Standard deviations of the score that orders the board, with 95 % intervals where they can be had: training "
        "again, another fold, other patients. Beside each: what it comes from.",
        across=("source",),
        counted="count",
    ),
    "selection": Shape(
        "Reported is the test score of what a rule chose, seen the score it was chosen by, behind best the paired loss "
        "to the oracle's choice, which looks at the test labels and could not be reported honestly.",
        rows=("rule",),
        across=(),
        figures={
            "reported": ESTIMATE,
            "seen": ("seen",),
            "behind best": ("behind_best", "behind_low", "behind_high"),
        },
        texts=("chosen", "note"),
    ),
    "transfer": Shape(
        "A row is the one domain learned from, a column the domain tested on; the diagonal holds other patients of "
        "the same domain. In each cell: score, 95 % interval, patients.",
        split=("entry",),
        rows=("train",),
        across=("test",),
        figures={"tested on": ESTIMATE},
        counted="n_patients",
        texts=(),
    ),
    "transfer-summary": Shape(
        "In-domain is the mean of the diagonal, gap is in-domain minus mean shifted, worst domain the worst cell off "
        "the diagonal.",
        split=(),
        across=("score",),
    ),
    "ladder": Shape(
        "The same entries on the same cohort under four ways of splitting. Inflation is random image minus patient on "
        f"the same resamples. Columns marked as {LEAKY} must not be reported as performance.",
        split=("level",),
        across=("rung",),
        counted="n_patients",
        texts=(),
    ),
    "learning-curve": Shape(
        "The same test patients at every size: a row says what more patients to learn from are worth to an entry. The "
        "oracle knows the best possible probabilities and learns nothing.",
        rows=("entry", "family"),
        across=("learned_from",),
        figures={"learned from": ESTIMATE},
        texts=("note",),
    ),
    "crossings": Shape(
        "Lead: score of the entry that overtakes minus that of the other, on the same patients, at the smaller and at "
        "the larger number. Shown: both intervals exclude 0; else the order may have turned by chance. Crossing: where "
        "the lead is 0, on a line over the logarithm of the number of patients.",
        rows=("overtakes", "overtaken", "between"),
        across=(),
        figures={
            "crossing": ("crossing",),
            "lead before": ("lead_before", "lead_before_low", "lead_before_high"),
            "lead after": ("lead_after", "lead_after_low", "lead_after_high"),
        },
        texts=("shown",),
    ),
    "modality-grid": Shape(
        "The same models on the same specimens with modalities taken away at prediction. Drop is the score with all of "
        "them minus the score with these, paired: positive means that the rest was missed.",
        rows=("entry", "modalities"),
        across=(),
        figures={"score": ESTIMATE, "drop from all": ("drop", "drop_low", "drop_high"), "oracle": ("oracle",)},
    ),
    "strata": Shape(
        "Suppressed: fewer than 10 patients in the stratum, or fewer than 5 of a class that the score needs.",
        split=("test_set", "by"),
        rows=("entry", "stratum"),
        across=("metric", "class"),
        texts=(),
    ),
    "strata-gaps": Shape(
        "Best minus worst among the strata that are shown; chosen by their estimates, so somewhat too large.",
        rows=("entry", "by", "metric", "class", "best", "worst"),
        across=(),
        figures={"gap": ("gap", "low", "high")},
        texts=(),
    ),
    "ood": Shape(
        "No model saw the unseen class. Each fold's model is asked how unsure it is of unseen patients and of the "
        "known ones that it was tested on (column patients). OOD AUROC: 1 when it is less sure of each unseen patient, "
        ".5 when confidence tells nothing, below .5 when it is surer of them. FPR at 95 % TPR: share of known patients "
        "set aside by the threshold that sets aside 95 % of the unseen; of fewer than 20 unseen patients that is all. "
        "AUPR beside its chance level, the share of unseen among those compared. A site or scanner that only unseen "
        "patients come from can lower confidence by itself: see the note.",
        split=("unseen", "test_set"),
        rows=("entry", "score"),
        texts=("n_unseen", "note"),
    ),
    "ood-calls": Shape(
        "Share of unseen patients who are called each of the known classes, over all models of an entry, and the mean "
        "of the largest probability among those called so. Every call is wrong; a sure one is the worse.",
        split=("unseen",),
        across=("class",),
        figures={
            "called": ("called", "called_low", "called_high"),
            "max probability of": ("max_probability", "max_probability_low", "max_probability_high"),
        },
    ),
}

HEADERS: dict[str, tuple[str, str]] = {  # value of a long table -> header, meaning
    "ece": ("ECE", "Lower is better"),
    "nll": ("NLL", "Lower is better"),
    "brier": ("Brier", "Lower is better"),
    "slope": ("calibration slope", "1 is right, below 1 is overconfident"),
    "balanced_accuracy": ("balanced accuracy", "Higher is better"),
    "ece_debiased": ("calibration error, debiased", "Lower is better"),
    "auroc": ("AUROC", "Higher is better"),
    "achieved": ("of achievable", "(entry - prior) / (oracle - prior)"),
    "distance": ("oracle minus entry", "In the metric that orders the board"),
    "kl": ("KL to oracle", "Nats; what the expected NLL exceeds the irreducible part by"),
    "entropy": ("irreducible NLL", "Entropy of the oracle, nats"),
    "kl_share": ("KL / irreducible", "The avoidable part against the unavoidable one"),
    "true_calibration_error": ("distance to true probability", "Mean over patients and classes"),
    "train": ("learned from", "The one domain that was learned from"),
    "seeds": ("training again", "Standard deviation between seeds"),
    "folds": ("another fold", "Standard deviation between folds, after seeds and patients"),
    "ood_auroc": ("OOD AUROC", "Chance that an unseen patient is the less sure one; higher is better"),
    "fpr95": ("FPR at 95 % TPR", "Known patients set aside where 95 % of the unseen are; lower is better"),
    "ood_aupr": ("OOD AUPR", "Average precision, unseen being positive; higher is better"),
    "unseen_share": ("chance AUPR", "Share of unseen among the patients compared"),
    "mean_unseen": ("mean of unseen", "Mean score of unseen patients"),
    "mean_known": ("mean of known", "Mean score of known test patients"),
    "n_unseen": ("unseen patients", "Patients of the unseen class"),
    "patients": ("other patients", "Standard deviation of the patient-clustered bootstrap"),
    "groups": ("other specimens", "Standard deviation of the bootstrap, clustered by what is known of patients"),
}
ORDER = ("achieved", "distance", "coverage", *RUNGS, INFLATION)  # come first, in this order
PERCENT = frozenset({"achieved"})
LEAKY_COLUMNS = dict.fromkeys((*RUNGS[:2], INFLATION), LEAKY)
