"""Made-up results of three tasks: multiclass with a shifted domain, leave-one-domain-out, binary."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from leaderboard.records.results import TaskResult
from leaderboard.verdicts.qc import CONTROLS

SKILL = {"prior": 0.0, "rules-apl": 1.6, "xgboost": 2.4, "fusion-gnn": 2.3, "cnn-spatial-attention": 1.2}
FAMILIES = {
    "prior": "control",
    "rules-apl": "rule",
    "xgboost": "classic",
    "fusion-gnn": "deep",
    "cnn-spatial-attention": "deep",
}
CLASSES = ("PML-RARA", "NPM1-RARA", "ZBTB16-RARA")


def fake_task(
    name: str = "apl-sim",
    *,
    n: int = 90,
    classes: tuple[str, ...] = CLASSES,
    domains: tuple[str, ...] = ("A", "B", "C"),
    in_domain: bool = True,
    seeds: int = 2,
    folds: int = 3,
    skill: dict[str, float] = SKILL,
    failed: str | None = "cnn-spatial-attention",
    seed: int = 0,
) -> TaskResult:
    """Return results on n patients of one or two specimens.

    With ``in_domain`` the last domain is the shifted one and lacks the last class; otherwise each fold holds one
    domain out. Entry ``failed`` loses fold 2 of the last seed.
    """
    rng = np.random.default_rng(seed)
    cohort = _cohort(rng, n, len(classes), domains, in_domain)
    frames, trials = [], []
    for entry, strength in skill.items():
        for s in range(seeds):
            for fold in range(folds if in_domain else len(domains)):
                is_failed = entry == failed and s == seeds - 1 and fold == 2
                trials.append(_trial(entry, s, fold, is_failed))
                if not is_failed:
                    tested = _tested(cohort, domains, fold, folds, in_domain)
                    frames.append(_predict(rng, tested, entry, s, fold, strength, len(classes)))
    return TaskResult(
        name=name,
        title="fusion subtype from smear, genes and labs",
        dataset=name,
        classes=classes,
        positive=len(classes) - 1 if len(classes) == 2 else None,
        generated=name.endswith("-sim"),
        flags=() if name.endswith("-sim") else ("modified copy",),
        notes=(f"class {classes[-1]} not evaluable in domain {domains[-1]}: no patient",)
        if in_domain and len(classes) > 2
        else (),
        predictions=pd.concat(frames, ignore_index=True),
        trials=pd.DataFrame(trials),
        families=FAMILIES,
    )


def _cohort(
    rng: np.random.Generator, n: int, n_classes: int, domains: tuple[str, ...], in_domain: bool
) -> pd.DataFrame:
    y = rng.choice(n_classes, n, p=np.array([5, 3, 2][:n_classes]) / sum([5, 3, 2][:n_classes]))
    domain = np.array(domains)[np.arange(n) % len(domains)]
    if in_domain and n_classes > 2:
        y[(domain == domains[-1]) & (y == n_classes - 1)] = 0
    patients = pd.DataFrame({"patient": [f"P{i:03d}" for i in range(n)], "domain": domain, "y": y})
    patients["fold"] = patients.groupby("y").cumcount()
    table = patients.loc[np.repeat(np.arange(n), rng.integers(1, 3, n))].reset_index(drop=True)
    return table.assign(specimen=[f"S{i:03d}" for i in range(len(table))])


def _tested(cohort: pd.DataFrame, domains: tuple[str, ...], fold: int, folds: int, in_domain: bool) -> pd.DataFrame:
    if not in_domain:
        return cohort[cohort["domain"] == domains[fold]].assign(role=f"test:{domains[fold]}")
    shifted = cohort["domain"] == domains[-1]
    inside = cohort[~shifted & (cohort["fold"] % folds == fold)].assign(role="test")
    return pd.concat([inside, cohort[shifted].assign(role=f"test:{domains[-1]}")])


def _predict(
    rng: np.random.Generator, tested: pd.DataFrame, entry: str, seed: int, fold: int, strength: float, n_classes: int
) -> pd.DataFrame:
    y = tested["y"].to_numpy()
    noise = rng.normal(size=(len(y), n_classes)) if entry != "prior" else np.zeros((len(y), n_classes))
    logits = strength * np.eye(n_classes)[y] + noise + 0.1 * fold * np.eye(n_classes)[0]
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    told = tested[["role", "specimen", "patient", "domain", "y"]].assign(entry=entry, seed=seed, fold=fold)
    return told.assign(**{f"p{k}": proba[:, k] for k in range(n_classes)})


def _trial(entry: str, seed: int, fold: int, is_failed: bool) -> dict[str, object]:
    return {
        "entry": entry,
        "seed": seed,
        "fold": fold,
        "status": "failed" if is_failed else "done",
        "stale": False,
        "tuned": entry == "prior",
        "seconds": 1.5,
        "error": "RuntimeError: loss is not finite at epoch 3" if is_failed else "",
    }


def fake_tasks() -> tuple[TaskResult, ...]:
    """Return the three tasks that the board's tests share."""
    return (
        fake_task(),
        fake_task("apl-labs", in_domain=False, failed=None, seed=1, n=120),
        fake_task("apl-jhu", classes=("AML", "APL"), domains=("Discovery", "Validation"), failed=None, seed=2, n=100),
    )


def with_controls(task: TaskResult) -> TaskResult:
    """Return the task with every control that quality control asks for and the task lacks, as one that cannot run."""
    lacking = [name for name in CONTROLS if name not in task.entries]
    rows = task.trials.iloc[[0] * len(lacking)].assign(entry=lacking, status="not-applicable", stale=False, tuned=None)
    return replace(task, trials=pd.concat([task.trials, rows], ignore_index=True))
