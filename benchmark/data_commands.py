"""The data commands: get, check, describe, show, split."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from benchmark.oracle import oracle_accuracy
from benchmark.plan import make_split
from benchmark.registry import UnknownName, UsageError, dataset_module, load_dataset
from benchmark.suite import load_suite
from datasets.card import Card
from datasets.cohort import MODALITIES, Cohort
from datasets.roots import DataMissing, data_roots
from datasets.splits import save_plan

_SHOWN = 5


def get(dataset: str, data_root: Path | None, console: Console) -> int:
    """Download a dataset into the first data root and verify it."""
    from datasets.download import DownloadError
    from datasets.download import get as fetch

    source = _source(dataset)
    root = data_roots(data_root)[0]
    console.print(f"{dataset} -> {root / source.folder}; licence: {source.licence}", markup=False, soft_wrap=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(dataset, total=None)

        def show(done: int, total: int, path: str) -> None:
            progress.update(bar, completed=done, total=total)

        try:
            result = fetch(dataset, source, root, on_progress=show)
        except DownloadError as error:
            raise UsageError(str(error)) from error
    console.print(f"{result.fetched} files fetched, {result.present} were right already.")
    _list(console, "downloaded but not verified, no SHA-256 of the original is known", result.unverified)
    return 0


def check(dataset: str, data_root: Path | None, console: Console) -> int:
    """Compare files with the manifest, then load the cohort; 1 when files differ or are missing."""
    from datasets.download import check as compare

    module = dataset_module(dataset)
    differs = 0
    if hasattr(module, "SOURCE"):
        result = compare(dataset, module.SOURCE, module.find(data_root))
        console.print(f"{result.folder}: {result.ok} files as in the manifest.", markup=False, soft_wrap=True)
        for what in ("modified", "missing", "extra", "unverified"):
            _list(console, what, getattr(result, what))
        differs = len(result.modified) + len(result.missing)
    cohort = load_dataset(dataset, data_root, {})
    _list(console, "unreadable, left out", cohort.provenance.skipped)
    _list(console, "not on this machine", cohort.provenance.absent)
    console.print(f"{dataset} loads: {len(cohort)} specimens of {len(set(cohort.patient))} patients.")
    if differs:
        console.print("The copy differs from the source; leaderboard rows made on it are flagged 'modified copy'.")
    return 1 if differs else 0


def describe(dataset: str, data_root: Path | None, console: Console) -> int:
    """Show a dataset's page and, when it is on this machine, its counts."""
    module = dataset_module(dataset)
    _show_card(dataset, module.CARD, console)
    try:
        cohort = load_dataset(dataset, data_root, {})
    except DataMissing as missing:
        console.print(str(missing), markup=False, soft_wrap=True)
        return 0
    console.print(counts_table(cohort))
    console.print(modality_table(cohort))
    if cohort.truth is not None and cohort.truth.posterior:
        console.print(oracle_table(cohort))
    _list(console, "not on this machine", cohort.provenance.absent)
    _list(console, "unreadable, left out", cohort.provenance.skipped)
    return 0


def show(dataset: str, to: Path, data_root: Path | None, console: Console) -> int:
    """Write the contact sheet of a generated cohort."""
    from datasets.simulate.gallery import contact_sheet

    if dataset_module(dataset).CARD.source != "generated":
        raise UsageError(f"{dataset} is not generated; contact sheets show what a generator made, with its masks")
    contact_sheet(load_dataset(dataset, data_root, {}), to)
    console.print(str(to), markup=False, soft_wrap=True)
    return 0


def split(suite: str, task: str, to: Path, data_root: Path | None, console: Console) -> int:
    """Write the split plan of a task."""
    tasks = {t.name: t for t in load_suite(suite).tasks}
    if task not in tasks:
        raise UnknownName(f"task of suite {suite}:", task, tasks)
    chosen = tasks[task]
    plan = make_split(chosen.split, load_dataset(chosen.dataset, data_root, chosen.options))
    save_plan(plan, to)
    console.print(f"{to}: {len(plan.folds)} folds, sha256 {plan.checksum}", markup=False, soft_wrap=True)
    return 0


def counts_table(cohort: Cohort) -> Table:
    """Return patients per class and domain as a table."""
    frame = pd.DataFrame({"patient": cohort.patient, "domain": cohort.domain, "y": cohort.y})
    counts = frame.groupby(["domain", "y"])["patient"].nunique().unstack(fill_value=0)
    counts = counts.reindex(columns=range(cohort.n_classes), fill_value=0)
    table = Table(title=f"{cohort.name}: patients")
    for column in ("domain", *cohort.classes, "all"):
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
        table.add_row(subset, *(f"{oracle_accuracy(cohort, subset, group):.3f}" for group in groups))
    return table


def _show_card(dataset: str, card: Card, console: Console) -> None:
    table = Table(title=dataset, show_header=False)
    for name in ("title", "source", "doi", "licence", "x", "y", "patient", "domain", "split"):
        table.add_row(name, Text(getattr(card, name) or "none"))
    for trap in card.traps:
        table.add_row("trap", Text(trap))
    for reference in card.references:
        table.add_row("published", Text(f"{reference.result} ({reference.protocol}; {reference.citation})"))
    console.print(table)


def _source(dataset: str) -> Any:
    module: ModuleType = dataset_module(dataset)
    if not hasattr(module, "SOURCE"):
        raise UsageError(f"{dataset} is generated on this machine; there is nothing to download")
    return module.SOURCE


def _list(console: Console, what: str, names: tuple[str, ...]) -> None:
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        console.print(f"{len(names)} {what}: {'; '.join(names[:_SHOWN])}{more}", markup=False, soft_wrap=True)
