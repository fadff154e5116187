"""A dataset's page on the terminal: card, counts, what an oracle reaches; and the report of its audit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmark.commands.waiting import load_told
from benchmark.entries import dataset_module
from benchmark.planning import make_split, oracle_accuracy
from benchmark.suites import split_of
from datasets.card import Card
from datasets.cohort import MODALITIES, Cohort, Truth
from datasets.own import counted
from datasets.roots import DataMissing
from datasets.simulate.apl import modality_information

_SHOWN = 5


def describe(dataset: str, options: Mapping[str, Any], data_root: Path | None, console: Console) -> int:
    """Show a dataset's page and, when it is on this machine, its counts."""
    module = dataset_module(dataset)
    _show_card(dataset, module.CARD, console)
    try:
        cohort = load_told(dataset, data_root, options)
    except DataMissing as missing:
        console.print(str(missing), soft_wrap=True)
        return 0
    console.print(counts_table(cohort))
    console.print(modality_table(cohort))
    if not cohort.known.all():
        console.print(unseen_table(cohort))
    if cohort.truth is not None and cohort.truth.posterior:
        console.print(oracle_table(cohort))
        if line := information_line(cohort, cohort.truth):
            console.print(line, soft_wrap=True)
    if hasattr(module, "difficulty"):
        console.print(difficulty_table(module.difficulty()))
    say_some(console, "not on this machine", cohort.provenance.absent)
    say_some(console, "unreadable, left out", cohort.provenance.skipped)
    return 0


def audit_page(dataset: str, options: Mapping[str, Any], data_root: Path | None, console: Console) -> int:
    """Print what the audits find in a dataset under its default split; 1 when something blocks a run."""
    from datasets.audits import RULES, audit

    cohort = load_told(dataset, data_root, options)
    plan = make_split(split_of(dataset), cohort)
    findings = audit(cohort, plan)
    table = Table(title=f"{dataset}: {counted(len(findings), 'finding')} of {len(RULES)} rules")
    for column in ("rule", "blocks", "where", "problem", "remedy"):
        table.add_column(column, overflow="fold")
    for found in findings:
        table.add_row(
            found.rule, "yes" if found.blocks else "no", *map(Text, (found.where, found.problem, found.remedy))
        )
    console.print(table)
    for note in plan.notes:
        console.print(f"Split: {note}", soft_wrap=True)
    return 1 if any(found.blocks for found in findings) else 0


def counts_table(cohort: Cohort) -> Table:
    """Return patients per class and domain as a table."""
    return _patients_of(cohort, cohort.classes, "")


def unseen_table(cohort: Cohort) -> Table:
    """Return patients per unseen class and domain as a table."""
    return _patients_of(cohort, tuple(np.unique(cohort.label[~cohort.known]).tolist()), "unseen, never learned from: ")


def _patients_of(cohort: Cohort, names: tuple[str, ...], said: str) -> Table:
    unit = "patients" if cohort.patients_known else "specimens; the source names no patients"
    counted = cohort.patient if cohort.patients_known else cohort.specimen
    frame = pd.DataFrame({"counted": counted, "domain": cohort.domain, "label": cohort.label})
    counts = frame[frame["label"].isin(names)].groupby(["domain", "label"])["counted"].nunique().unstack(fill_value=0)
    counts = counts.reindex(columns=names, fill_value=0)
    table = Table(title=f"{cohort.name}: {said}{unit}")
    for column in ("domain", *names, "all"):
        table.add_column(column)
    for domain, row in counts.iterrows():
        table.add_row(str(domain), *map(str, row), str(row.sum()))
    return table


def modality_table(cohort: Cohort) -> Table:
    """Return how many specimens of each domain have each modality."""
    table = Table(title=f"{cohort.name}: specimens with each modality")
    for column in ("domain", "specimens", *MODALITIES, "cell images"):
        table.add_column(column)
    for domain in sorted(set(cohort.domain.tolist())):
        here = cohort.domain == domain
        cells = 0 if cohort.images is None else int(cohort.images.sizes[here].sum())
        table.add_row(domain, str(here.sum()), *map(str, cohort.present[here].sum(axis=0)), str(cells))
    return table


def oracle_table(cohort: Cohort) -> Table:
    """Return the balanced accuracy of the generator's Bayes posterior for each modality subset."""
    if cohort.truth is None:
        raise ValueError(f"{cohort.name} is not generated")
    table = Table(title=f"{cohort.name}: balanced accuracy of the Bayes posterior, site unknown")
    table.add_column("what is seen")
    table.add_column("all patients")
    table.add_column("patients with every modality")
    groups: list[NDArray[np.bool_]] = [np.ones(len(cohort), dtype=bool), np.all(cohort.present, axis=1)]
    for subset in cohort.truth.posterior:
        values = [oracle_accuracy(cohort, subset, group) for group in groups]
        table.add_row(subset, *("–" if np.isnan(value) else f"{value:.3f}" for value in values))
    return table


def information_line(cohort: Cohort, truth: Truth) -> str:
    """Return what each modality tells of the true class beyond the others, and the headroom of fusing them; or ""."""
    if not {"images", "genes", "clinical", "genes+clinical"} <= set(truth.posterior):
        return ""
    everybody = np.ones(len(cohort), dtype=bool)
    y = cohort.y if truth.y is None else truth.y
    information = modality_information(truth.posterior, y)
    classed = cohort.known & (y >= 0)
    told = ", ".join(f"{m} {information[m][cohort.has(m) & classed].mean():.2f}" for m in MODALITIES)
    alone = max(oracle_accuracy(cohort, m, everybody) for m in MODALITIES)
    headroom = oracle_accuracy(cohort, "all", everybody) - alone
    return (
        f"Fusion headroom over the best single modality: {headroom:.3f}. "
        f"Mean information about the true class that only this modality has, in nats: {told}."
    )


def difficulty_table(rows: pd.DataFrame) -> Table:
    """Return the simulated difficulty of a generator beside the values of its design."""
    table = Table(title="Bayes posterior in the setting of the design's table: balanced accuracy")
    for column in ("effect scale", "what is seen", "simulated", "its error", "design"):
        table.add_column(column)
    columns = ["effect", "seen", "balanced_accuracy", "standard_error", "design"]
    for effect, seen, value, error, design in rows[columns].itertuples(index=False, name=None):
        known = "–" if np.isnan(design) else f"{design:.3f}"
        table.add_row(f"{effect:g}", str(seen), f"{value:.3f}", f"{error:.4f}", known)
    return table


def _show_card(dataset: str, card: Card, console: Console) -> None:
    table = Table(title=dataset, show_header=False)
    for name in ("title", "source", "doi", "licence", "x", "y", "patient", "domain", "split"):
        table.add_row(name, Text(getattr(card, name) or "none"))
    for trap in card.traps:
        table.add_row("trap", Text(trap))
    for reference in card.references:
        partly = f"comparable where the dataset is whole, else not: {reference.incomplete}"
        said = partly if reference.incomplete else "comparable"
        said = f"not comparable: {reference.not_comparable}" if reference.not_comparable else said
        table.add_row("published", Text(f"{reference.result} ({reference.protocol}; {reference.citation}; {said})"))
    console.print(table)


def say_some(console: Console, what: str, names: tuple[str, ...]) -> None:
    """Print how many there are and the first ones; nothing when there is none."""
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        console.print(f"{len(names)} {what}: {'; '.join(names[:_SHOWN])}{more}", soft_wrap=True)
