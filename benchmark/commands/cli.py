"""The commands; no logic. Heavy imports happen inside them so that ``--help`` is quick."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmark.commands.console import console, print_what_can_be_printed

app = typer.Typer(
    help="HemaBench: compare architectures on blood-cancer data, honestly. Not for clinical use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data = typer.Typer(
    help="Get, check, audit, describe, show and split datasets.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(data, name="data")

SuiteOption = Annotated[str, typer.Option("--suite", help="A suite's name, or a path to your own .toml file.")]
AnySuiteOption = Annotated[
    str | None, typer.Option("--suite", help="A suite's name, or a path to your own .toml file; or name --dataset.")
]
DatasetsOption = Annotated[
    list[str] | None,
    typer.Option("--dataset", help="Only this dataset; without --suite any dataset, or my/cohort.toml; may repeat."),
]
OptionOption = Annotated[
    list[str] | None, typer.Option("--option", help="KEY=VALUE for the dataset's loader, as in seed=3; may repeat.")
]
ProfileOption = Annotated[str | None, typer.Option("--profile", help="quick or full; the suite's default when absent.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder of all runs.")]
DataRootOption = Annotated[
    Path | None, typer.Option("--data-root", help="Folder with real data, searched before HEMABENCH_DATA.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
_LONGEST = 3000  # characters of an error
DatasetArgument = Annotated[str, typer.Argument(help="A dataset's name; see: list datasets.")]


@app.command(
    epilog="Example: python -m benchmark run --suite apl --entry path/to/my_model.py:MyModel --dataset apl-sim"
)
def run(
    suite: AnySuiteOption = None,
    profile: ProfileOption = None,
    entry: Annotated[
        list[str] | None,
        typer.Option(
            "--entry",
            help="Only this entry; 'NAME[cells=vit-tiny, max_epochs=8]' in quotes; FILE.py:THING; may repeat.",
        ),
    ] = None,
    dataset: DatasetsOption = None,
    option: OptionOption = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", help="Run although this audit rule blocks; flagged in every table; may repeat."),
    ] = None,
    seed: Annotated[
        list[int] | None,
        typer.Option("--seed", min=0, max=2**31 - 1, help="This seed instead of the profile's; may repeat."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Worker processes; 0 means one a core.")] = 0,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    out: OutOption = Path("runs"),
    data_root: DataRootOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan: done, stale and to do; run nothing.")
    ] = False,
) -> None:
    """Run what is missing of a suite, then show and write its leaderboard."""
    from benchmark.commands.run import RunOptions, command_line
    from benchmark.commands.run import run as run_suite
    from benchmark.entries import UsageError

    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: choose auto, cpu or cuda")
    options = RunOptions(
        suite=suite,
        profile=profile,
        entries=tuple(entry or ()),
        datasets=tuple(dataset or ()),
        options=tuple(option or ()),
        allow=tuple(allow or ()),
        seeds=tuple(seed or ()),
        jobs=jobs,
        device=device,
        out=out,
        data_root=data_root,
        dry_run=dry_run,
        command=command_line(sys.argv[1:]),
    )
    raise typer.Exit(run_suite(options, console()))


@app.command(epilog="Example: python -m benchmark report --suite apl --profile quick")
def report(
    suite: AnySuiteOption = None,
    profile: ProfileOption = None,
    dataset: DatasetsOption = None,
    drop: Annotated[
        list[str] | None,
        typer.Option("--drop", help="Leave this entry out from now on; its records are kept; may repeat."),
    ] = None,
    out: OutOption = Path("runs"),
    published: Annotated[
        Path | None, typer.Option("--from", help="A published board instead of runs; needs --to and nothing else.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="Folder for every table and the site of --from.")] = None,
) -> None:
    """Show and write the leaderboard from what is on disk; runs no entry, needs no data."""
    from benchmark.commands.run import chosen_suite, command_line
    from benchmark.commands.shown_report import report_saved
    from benchmark.entries import UsageError
    from benchmark.planning import check_source
    from benchmark.records import Store

    if published is not None or to is not None:
        from benchmark.commands import publishing

        if published is None or to is None or suite or profile or dataset or drop:
            raise UsageError(
                "report --from PUBLISHED --to FOLDER takes both and no --suite, --profile, --dataset or --drop"
            )
        if published.resolve() == to.resolve():
            raise UsageError(f"--from and --to are both {published}: its files would be replaced; choose another --to")
        raise typer.Exit(publishing.rebuild(published, to, console()))
    wanted = chosen_suite(suite, dataset or (), ())
    name, _ = wanted.profile(profile)
    store = Store(out, wanted.name)
    check_source(store, wanted.source)
    named = ["--suite", suite] if suite else [word for each in dataset or () for word in ("--dataset", each)]
    command = command_line(["run", *named, "--profile", name])
    raise typer.Exit(report_saved(store, name, command, console(), tuple(drop or ())))


@app.command(epilog="Example: python -m benchmark publish --suite apl --with-flags")
def publish(
    suite: SuiteOption,
    profile: ProfileOption = None,
    to: Annotated[Path | None, typer.Option("--to", help="Folder; default leaderboard/published/<suite>.")] = None,
    with_flags: Annotated[
        bool, typer.Option("--with-flags", help="Publish although quality control fails; the tables say so on top.")
    ] = False,
    out: OutOption = Path("runs"),
) -> None:
    """Write a suite's tables, predictions and manifest for others; refuses what fails quality control."""
    from benchmark.commands import publishing

    raise typer.Exit(publishing.publish(suite, profile, out, to, with_flags, console()))


@app.command(epilog="Example: python -m benchmark verify leaderboard/published/apl")
def verify(
    folder: Annotated[Path, typer.Argument(help="A published board, or a submission.")],
    board: Annotated[Path | None, typer.Option("--board", help="The board that a submission is for.")] = None,
) -> None:
    """Recompute every number of a published board from its predictions, or judge a submission."""
    from benchmark.commands import publishing

    raise typer.Exit(publishing.verify(folder, board, console()))


@app.command(epilog="Example: python -m benchmark compare old/apl leaderboard/published/apl")
def compare(
    old: Annotated[Path, typer.Argument(help="A published board.")],
    new: Annotated[Path, typer.Argument(help="Another one.")],
) -> None:
    """Show what moved between two published boards, and whether it is more than noise."""
    from benchmark.commands import publishing

    raise typer.Exit(publishing.compare(old, new, console()))


@app.command(epilog="Example: python -m benchmark submit --suite apl --entry MyModel --to my-model-apl")
def submit(
    suite: SuiteOption,
    entry: Annotated[str, typer.Option("--entry", help="The entry's name on the board.")],
    to: Annotated[Path, typer.Option("--to", help="Folder to write.")],
    profile: ProfileOption = None,
    out: OutOption = Path("runs"),
) -> None:
    """Pack one entry's results for a pull request; `verify` accepts or refuses it with reasons."""
    from benchmark.commands import publishing

    raise typer.Exit(publishing.submit(suite, profile, entry, out, to, console()))


@app.command("list", epilog="Example: python -m benchmark list datasets --json")
def list_names(
    kind: Annotated[str, typer.Argument(help="suites, datasets, entries, parts or metrics.")],
    as_json: JsonOption = False,
    data_root: DataRootOption = None,
) -> None:
    """List what there is, with the state of each dataset on this machine."""
    from benchmark.commands import listing
    from benchmark.entries import UnknownName

    if kind not in listing.KINDS:
        raise UnknownName("kind of thing to list:", kind, listing.KINDS)
    rows = listing.KINDS[kind](data_root)
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        out = console()
        out.print(listing.shown_rows(kind, rows, out.width))


@data.command("get", epilog="Example: python -m benchmark data get apl-labs")
def data_get(dataset: DatasetArgument, data_root: DataRootOption = None) -> None:
    """Download a dataset's pinned files and verify them, or print the steps where a program may not; resumable."""
    from benchmark.commands import data_commands

    raise typer.Exit(data_commands.get(dataset, data_root, console()))


@data.command("check", epilog="Example: python -m benchmark data check apl-jhu")
def data_check(dataset: DatasetArgument, data_root: DataRootOption = None) -> None:
    """Compare the files on this machine with the manifest and load the dataset."""
    from benchmark.commands import data_commands

    raise typer.Exit(data_commands.check(dataset, data_root, console()))


@data.command("describe", epilog="Example: python -m benchmark data describe apl-sim --option preset=hard")
def data_describe(dataset: DatasetArgument, option: OptionOption = None, data_root: DataRootOption = None) -> None:
    """Show a dataset's page: source, licence, what x and y are, counts, traps."""
    from benchmark.commands import data_pages
    from benchmark.suites import parse_options

    raise typer.Exit(data_pages.describe(dataset, parse_options(option or ()), data_root, console()))


@data.command("audit", epilog="Example: python -m benchmark data audit apl-jhu")
def data_audit(dataset: DatasetArgument, option: OptionOption = None, data_root: DataRootOption = None) -> None:
    """Look for leaks and shortcuts in a dataset and its default split; exit code 1 when one blocks a run."""
    from benchmark.commands import data_pages
    from benchmark.suites import parse_options

    raise typer.Exit(data_pages.audit_page(dataset, parse_options(option or ()), data_root, console()))


@data.command("show", epilog="Example: python -m benchmark data show apl-sim --out gallery.png")
def data_show(
    dataset: DatasetArgument,
    to: Annotated[Path, typer.Option("--out", help="PNG file to write.")],
    option: OptionOption = None,
    data_root: DataRootOption = None,
) -> None:
    """Write a contact sheet: cells by class and site; of a generated cohort also masks and information maps."""
    from benchmark.commands import data_commands
    from benchmark.suites import parse_options

    raise typer.Exit(data_commands.show(dataset, to, parse_options(option or ()), data_root, console()))


@data.command("split", epilog="Example: python -m benchmark data split --suite apl --task apl-labs --to plan.csv")
def data_split(
    suite: SuiteOption,
    task: Annotated[str, typer.Option("--task", help="A task of the suite.")],
    to: Annotated[Path, typer.Option("--to", help="CSV file to write.")],
    data_root: DataRootOption = None,
) -> None:
    """Write the split plan of a suite's task with its checksum, so that others can use the same."""
    from benchmark.commands import data_commands

    raise typer.Exit(data_commands.split(suite, task, to, data_root, console()))


@app.command(epilog="Example: python -m benchmark doctor")
def doctor(data_root: DataRootOption = None) -> None:
    """Say what this machine has: cores, memory, libraries, device, data and caches."""
    from benchmark.commands.doctor import examine

    raise typer.Exit(examine(data_root, console()))


def main() -> None:
    """Run the command line; what the user can put right is one line on stderr and exit code 2."""
    # torch-geometric still scripts with torch.jit, which only its authors can change.
    warnings.filterwarnings("ignore", message=".*torch.jit.script.* is deprecated", category=FutureWarning)
    print_what_can_be_printed()
    try:
        _check_words(sys.argv[1:])
        app()
    except Exception as error:
        said = users_mistake(error)
        if said is None:
            raise
        console(stderr=True).print(f"Error: {_one_line(said)}", soft_wrap=True)
        sys.exit(2)


def _check_words(words: Sequence[str]) -> None:
    """Refuse words whose bytes are no text: no record could hold them."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            from benchmark.entries import UsageError

            raise UsageError(f"{word!a} is not UTF-8; rename the file or folder") from error


def users_mistake(error: Exception) -> str | None:
    """Return what to tell the user, or None of a fault of the program. Imports here keep ``--help`` quick."""
    from benchmark.commands.system_errors import sentence
    from benchmark.entries import UsageError
    from benchmark.records import StoreError
    from datasets.cache import CacheError
    from datasets.cohort import CohortError
    from datasets.errors import MissingExtra
    from datasets.roots import DataMissing
    from datasets.splits import SplitError

    if isinstance(error, UsageError | StoreError | CacheError | CohortError | DataMissing | MissingExtra | SplitError):
        return str(error)
    return sentence(error) if isinstance(error, OSError) else None


def _one_line(said: str) -> str:
    line = " | ".join(part.strip() for part in said.splitlines() if part.strip())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
