"""The commands; no logic. Heavy imports happen inside them so that ``--help`` is quick."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(
    help="HemaBench: compare architectures on blood-cancer data, honestly. Not for clinical use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data = typer.Typer(help="Get, check, describe, show and split datasets.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(data, name="data")

SuiteOption = Annotated[str, typer.Option("--suite", help="A suite's name, or a path to your own .toml file.")]
ProfileOption = Annotated[str | None, typer.Option("--profile", help="quick or full; the suite's default when absent.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder of all runs.")]
DataRootOption = Annotated[
    Path | None, typer.Option("--data-root", help="Folder with real data, searched before HEMABENCH_DATA.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
DatasetArgument = Annotated[str, typer.Argument(help="A dataset's name; see: list datasets.")]


@app.command(
    epilog="Example: python -m benchmark run --suite apl --entry path/to/my_model.py:MyModel --dataset apl-sim"
)
def run(
    suite: SuiteOption,
    profile: ProfileOption = None,
    entry: Annotated[
        list[str] | None, typer.Option("--entry", help="Only this entry, or FILE.py:Class; may be repeated.")
    ] = None,
    dataset: Annotated[list[str] | None, typer.Option("--dataset", help="Only this dataset; may be repeated.")] = None,
    seed: Annotated[
        list[int] | None, typer.Option("--seed", help="This seed instead of the profile's; may repeat.")
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
    from benchmark.registry import UsageError
    from benchmark.run import RunOptions, command_line
    from benchmark.run import run as run_suite

    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: choose auto, cpu or cuda")
    options = RunOptions(
        suite=suite,
        profile=profile,
        entries=tuple(entry or ()),
        datasets=tuple(dataset or ()),
        seeds=tuple(seed or ()),
        jobs=jobs,
        device=device,
        out=out,
        data_root=data_root,
        dry_run=dry_run,
        command=command_line(sys.argv[1:]),
    )
    raise typer.Exit(run_suite(options, Console()))


@app.command(epilog="Example: python -m benchmark report --suite apl --profile quick")
def report(suite: SuiteOption, profile: ProfileOption = None, out: OutOption = Path("runs")) -> None:
    """Show and write the leaderboard from what is on disk; computes nothing, needs no data."""
    from benchmark.plan_file import saved
    from benchmark.registry import UsageError
    from benchmark.run import command_line
    from benchmark.run import report as show_report
    from benchmark.store import Store
    from benchmark.suite import load_suite

    wanted = load_suite(suite)
    name, _ = wanted.profile(profile)
    store = Store(out, wanted.name)
    plan = saved(store, name)
    if plan is None:
        raise UsageError(
            f"nothing was run yet in {store.folder} for profile {name}; "
            f"first: {command_line(['run', '--suite', suite, '--profile', name])}"
        )
    raise typer.Exit(show_report(plan, store, command_line(["run", "--suite", suite, "--profile", name]), Console()))


@app.command("list", epilog="Example: python -m benchmark list datasets --json")
def list_names(
    kind: Annotated[str, typer.Argument(help="suites, datasets, entries or metrics.")],
    as_json: JsonOption = False,
    data_root: DataRootOption = None,
) -> None:
    """List what there is, with the state of each dataset on this machine."""
    from benchmark import listing
    from benchmark.registry import UnknownName

    if kind not in listing.KINDS:
        raise UnknownName("kind of thing to list:", kind, listing.KINDS)
    rows = listing.KINDS[kind](data_root)
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        Console().print(listing.table(kind, rows))


@data.command("get", epilog="Example: python -m benchmark data get apl-labs")
def data_get(dataset: DatasetArgument, data_root: DataRootOption = None) -> None:
    """Download a dataset's files at their pinned commit and verify them; run again to resume."""
    from benchmark import data_commands

    raise typer.Exit(data_commands.get(dataset, data_root, Console()))


@data.command("check", epilog="Example: python -m benchmark data check apl-jhu")
def data_check(dataset: DatasetArgument, data_root: DataRootOption = None) -> None:
    """Compare the files on this machine with the manifest and load the dataset."""
    from benchmark import data_commands

    raise typer.Exit(data_commands.check(dataset, data_root, Console()))


@data.command("describe", epilog="Example: python -m benchmark data describe apl-sim")
def data_describe(dataset: DatasetArgument, data_root: DataRootOption = None) -> None:
    """Show a dataset's page: source, licence, what x and y are, counts, traps."""
    from benchmark import data_commands

    raise typer.Exit(data_commands.describe(dataset, data_root, Console()))


@data.command("show", epilog="Example: python -m benchmark data show apl-sim --to gallery.png")
def data_show(
    dataset: DatasetArgument,
    to: Annotated[Path, typer.Option("--to", help="PNG file to write.")],
    data_root: DataRootOption = None,
) -> None:
    """Write a contact sheet of a generated cohort: classes by site, normal cells, masks."""
    from benchmark import data_commands

    raise typer.Exit(data_commands.show(dataset, to, data_root, Console()))


@data.command("split", epilog="Example: python -m benchmark data split --suite apl --task apl-labs --to plan.csv")
def data_split(
    suite: SuiteOption,
    task: Annotated[str, typer.Option("--task", help="A task of the suite.")],
    to: Annotated[Path, typer.Option("--to", help="CSV file to write.")],
    data_root: DataRootOption = None,
) -> None:
    """Write the split plan of a suite's task with its checksum, so that others can use the same."""
    from benchmark import data_commands

    raise typer.Exit(data_commands.split(suite, task, to, data_root, Console()))


@app.command(epilog="Example: python -m benchmark doctor")
def doctor(data_root: DataRootOption = None) -> None:
    """Say what this machine has: cores, memory, libraries, device, data and caches."""
    from benchmark.doctor import examine

    raise typer.Exit(examine(data_root, Console()))


def main() -> None:
    """Run the command line; what the user can put right is one line on stderr and exit code 2."""
    # torch-geometric still scripts with torch.jit, which only its authors can change.
    warnings.filterwarnings("ignore", message=".*torch.jit.script.* is deprecated", category=FutureWarning)
    try:
        app()
    except Exception as error:
        if not _is_users(error):
            raise
        Console(stderr=True).print(f"Error: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)


def _is_users(error: Exception) -> bool:
    """Imports here keep ``--help`` quick."""
    from benchmark.registry import UsageError
    from benchmark.store import StoreError
    from datasets.cohort import CohortError
    from datasets.roots import DataMissing
    from datasets.splits import SplitError

    return isinstance(error, UsageError | StoreError | CohortError | DataMissing | SplitError)
