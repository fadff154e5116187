"""The data commands that act: get, check, show, split."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import TaskProgressColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from benchmark.commands.console import progress_bar
from benchmark.commands.data_pages import counts_table, modality_table, say_some
from benchmark.commands.waiting import load_told, told_when_long
from benchmark.entries import DataShelf, UnknownName, UsageError, dataset_module, is_own
from benchmark.planning import make_split
from benchmark.suites import Split, load_suite, split_of
from datasets.cohort import Cohort
from datasets.fetch import by_kind
from datasets.own import OwnCohortError, counted
from datasets.roots import DataMissing, data_roots
from datasets.splits import save_plan

if TYPE_CHECKING:
    from datasets.fetch import CheckResult, ManualSource

_MOST_PROBLEMS = 200


def get(dataset: str, data_root: Path | None, console: Console) -> int:
    """Download a dataset into the first data root and verify it, or print how to get it by hand."""
    from datasets.fetch import DownloadError, ManualSource
    from datasets.fetch import get as fetch

    source = _source(dataset)
    root = data_roots(data_root)[0]
    where = source.page if getattr(source, "own", "") else root / source.folder
    console.print(f"{dataset} -> {where}; licence: {source.licence}", soft_wrap=True)
    if isinstance(source, ManualSource):
        return _by_hand(dataset, source, data_root, console)
    with progress_bar(console, after=(TaskProgressColumn(), TimeRemainingColumn())) as progress:
        bar = progress.add_task(dataset, total=None)

        def show(done: int, total: int, path: str) -> None:
            progress.update(bar, completed=done, total=total)

        try:
            result = fetch(dataset, source, root, on_progress=show)
        except DownloadError as error:
            raise UsageError(str(error)) from error
    console.print(f"{result.fetched} files fetched, {result.present} were right already.")
    say_some(console, "downloaded but not verified, no digest of the original is known", result.unverified)
    return 0


def _by_hand(dataset: str, source: ManualSource, data_root: Path | None, console: Console) -> int:
    """Print the steps, then compare what is there; 1 while the dataset is not found, not whole or not the original.

    Of a user's own file there is nothing to get, find or compare.
    """
    from datasets.fetch import check as compare

    folder = data_roots(data_root)[0] / source.folder
    for step in source.instructions(folder):
        console.print(step, soft_wrap=True)
    if source.own:
        console.print(f"{dataset} reads your own file: --option {source.own}; there is nothing to get.", soft_wrap=True)
        return 0
    lacking = 0
    try:
        folder = dataset_module(dataset).find(data_root)
    except DataMissing:
        console.print(f"{dataset} is not on this machine yet.")
        lacking = 1
    if hasattr(dataset_module(dataset), "PARTS"):
        return lacking or int(_compare_all(dataset, data_root, console) > 0)
    if folder.is_dir():
        lacking += _compared(console, compare(dataset, source, folder))
    return 1 if lacking else 0


def _compare_all(dataset: str, data_root: Path | None, console: Console) -> int:
    """Compare the files of a dataset, or of those that it is made of; return how many are missing or differ."""
    from datasets.fetch import check as compare

    parts = getattr(dataset_module(dataset), "PARTS", ())
    if parts:
        console.print(f"{dataset} has no files of its own; it is made of {' and '.join(parts)}.", soft_wrap=True)
    modules = {name: dataset_module(name) for name in parts or (dataset,)}
    sources = {name: module for name, module in modules.items() if hasattr(module, "SOURCE")}
    return sum(_compared(console, compare(name, m.SOURCE, m.find(data_root))) for name, m in sources.items())


def _compared(console: Console, result: CheckResult) -> int:
    """Print a comparison; return how many files are missing or differ."""
    console.print(f"{result.folder}: {result.ok} files as at the source.", soft_wrap=True)
    for what in ("modified", "missing", "unverified"):
        say_some(console, what, getattr(result, what))
    if result.extra:
        kinds = "; ".join(by_kind(result.extra))
        console.print(f"{len(result.extra):,} extra: {kinds}", soft_wrap=True)
    return len(result.modified) + len(result.missing)


def check(dataset: str, data_root: Path | None, console: Console) -> int:
    """Compare files with the manifest, then load the cohort; 1 when files differ or are missing.

    Of a user's own cohort all that a run would use is shown as well: counts, what is missing, and the split.
    """
    split = split_of(dataset)
    differs = _compare_all(dataset, data_root, console)
    try:
        cohort = load_told(dataset, data_root, {})
    except OwnCohortError as error:
        return _show_problems(error, console)
    say_some(console, "unreadable, left out", cohort.provenance.skipped)
    say_some(console, "not on this machine", cohort.provenance.absent)
    owners = f" of {len(set(cohort.patient))} patients" if cohort.patients_known else "; the source names no patients"
    console.print(f"{dataset} loads: {len(cohort)} specimens{owners}.")
    if is_own(dataset):
        _show_own(cohort, split, console)
    if differs:
        console.print("The copy differs from the source; leaderboard rows made on it are flagged 'modified copy'.")
    return 1 if differs else 0


def _show_own(cohort: Cohort, split: Split, console: Console) -> None:
    """Print what a user can compare with what they meant, and make the split plan."""
    console.print(counts_table(cohort))
    console.print(modality_table(cohort))
    for modality in cohort.modalities:
        say_some(console, f"specimens without {modality}", tuple(cohort.specimen[~cohort.has(modality)].tolist()))
    for note in cohort.provenance.notes:
        console.print(f"Note: {note}", soft_wrap=True)
    console.print(f"Read: {cohort.provenance.version}.", soft_wrap=True)
    plan = make_split(split, cohort)
    console.print(f"Split {split.scheme}: {len(plan.folds)} folds.", soft_wrap=True)
    for note in plan.notes:
        console.print(f"Split: {note}", soft_wrap=True)


def _show_problems(error: OwnCohortError, console: Console) -> int:
    """Print every problem of a user's tables; equal ones once, with their number and first rows.

    Raises:
        OwnCohortError: If the cohort.toml alone is wrong: that is told in one line.
    """
    if all(found.file == error.column for found in error.problems):
        raise error
    table = Table(title=f"{error.column}: {counted(len(error.problems), 'problem')}")
    for column in ("file", "row", "column", "value", "problem", "remedy"):
        table.add_column(column, overflow="fold")
    for group in error.groups[:_MOST_PROBLEMS]:
        found = group.problems[0]
        cells = (found.file, group.place.removeprefix("row "), found.column, group.value, found.problem, found.remedy)
        table.add_row(*map(Text, cells))
    console.print(table)
    if len(error.groups) > _MOST_PROBLEMS:
        console.print(f"and {len(error.groups) - _MOST_PROBLEMS} more kinds of these")
    return 1


def show(dataset: str, to: Path, options: Mapping[str, Any], data_root: Path | None, console: Console) -> int:
    """Write a contact sheet: of a generated cohort with masks and information maps, else of cells by class."""
    from datasets.show import contact_sheet as of_real_cells
    from datasets.show import generated_sheet as of_generated_cells

    cohort = load_told(dataset, data_root, options)
    if cohort.images is None:
        raise UsageError(f"{dataset} has no images to show")
    if to.suffix.lower() != ".png":
        raise UsageError(f"--out {to}: name a .png file")
    write = of_generated_cells if cohort.provenance.generated else of_real_cells
    write(cohort, to)
    console.print(str(to), soft_wrap=True)
    return 0


def split(suite: str, task: str, to: Path, data_root: Path | None, console: Console) -> int:
    """Write the split plan of a task."""
    tasks = {t.name: t for t in load_suite(suite).tasks}
    if task not in tasks:
        raise UnknownName(f"task of suite {suite}:", task, tasks)
    chosen = tasks[task]
    plan = make_split(chosen.split, DataShelf(data_root, told_when_long).cohort(chosen.dataset, chosen.settings))
    save_plan(plan, to)
    console.print(f"{to}: {len(plan.folds)} folds, sha256 {plan.checksum}", soft_wrap=True)
    return 0


def _source(dataset: str) -> Any:
    module = dataset_module(dataset)
    if not hasattr(module, "SOURCE"):
        generated = module.CARD.source == "generated"
        made = "generated on this machine" if generated else "made of other datasets, which its page names"
        raise UsageError(f"{dataset} is {made}; there is nothing to download")
    return module.SOURCE
