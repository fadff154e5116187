"""What this machine has, and what to do about what it lacks."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmark.commands.listing import datasets
from datasets.cache import cache_root
from datasets.roots import data_roots

LIBRARIES = (
    "numpy",
    "pandas",
    "scikit-learn",
    "xgboost",
    "lightgbm",
    "torch",
    "torchvision",
    "timm",
    "torch-geometric",
    "optuna",
)


def examine(data_root: Path | None, console: Console) -> int:
    """Print what was found and return 1 when something keeps the benchmark from running."""
    problems: list[str] = []
    facts = Table(show_header=False)
    facts.add_row("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    facts.add_row("cores", str(os.cpu_count()))
    facts.add_row("free disk", f"{shutil.disk_usage(Path.cwd()).free / 2**30:.0f} GiB here")
    for library in LIBRARIES:
        facts.add_row(library, _version(library, problems))
    _try_lightgbm(problems)
    facts.add_row("device", _device(problems))
    for root in data_roots(data_root):
        facts.add_row("data folder", f"{root} ({'there' if root.is_dir() else 'not there'})")
    facts.add_row("cache", str(cache_root()))
    for row in datasets(data_root):
        facts.add_row(row["dataset"], row["state"])
    console.print(facts)
    for problem in problems:
        console.print(f"Problem: {problem}", soft_wrap=True)
    if not problems:
        console.print("Nothing is wrong. Next: python -m benchmark run --suite apl")
    return 1 if problems else 0


def _version(library: str, problems: list[str]) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        problems.append(f"{library} is not installed; run: pip install -e .")
        return "not installed"


def _try_lightgbm(problems: list[str]) -> None:
    """Load it: it is the one library that needs OpenMP of the system."""
    try:
        importlib.import_module("lightgbm")
    except ModuleNotFoundError:
        return  # named already
    except OSError as error:
        problems.append(f"lightgbm cannot be loaded ({error}); run: apt install libgomp1, or brew install libomp")


def _device(problems: list[str]) -> str:
    try:
        torch = importlib.import_module("torch")
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError, OSError) as error:
        problems.append(
            f"torch and torchvision do not fit together ({error}); install both from the same place: "
            "pip install --force-reinstall torch torchvision"
        )
        return "unknown"
    return f"cuda ({torch.cuda.get_device_name()})" if torch.cuda.is_available() else "cpu"
