"""What the doctor finds on a machine that lacks something, and on one that lacks nothing."""

from __future__ import annotations

import importlib
import importlib.metadata
import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from benchmark.commands import doctor


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine on which some modules raise when they are imported."""
    told = {"raises": {}, "cuda": False, "absent": ()}

    def load(name, package=None):
        if name in told["raises"]:
            raise told["raises"][name]
        cuda = SimpleNamespace(is_available=lambda: told["cuda"], get_device_name=lambda: "H9")
        return SimpleNamespace(cuda=cuda)

    def version(name):
        if name in told["absent"]:
            raise importlib.metadata.PackageNotFoundError(name)
        return f"1.{len(name)}"

    (tmp_path / "there").mkdir()
    monkeypatch.setattr(doctor.importlib, "import_module", load)
    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    monkeypatch.setattr(doctor, "datasets", lambda root: [{"dataset": "golub", "state": "ready"}])
    monkeypatch.setattr(doctor, "data_roots", lambda root: [tmp_path / "there", tmp_path / "away"])
    monkeypatch.setattr(doctor, "cache_root", lambda: tmp_path / "cache")
    monkeypatch.setattr(doctor.os, "cpu_count", lambda: 77)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=5 * 2**30))
    return told


def examined(width: int = 300) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=width)
    code = doctor.examine(None, console)
    return code, console.file.getvalue()


def test_a_machine_that_lacks_nothing_is_told_what_comes_next(machine, tmp_path):
    code, text = examined()
    assert code == 0 and text.endswith("Nothing is wrong. Next: python -m benchmark run --suite apl\n")
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    facts = dict(cell for cell in cells if cell[0] != "data folder")
    assert (facts["cores"], facts["free disk"], facts["numpy"], facts["device"]) == ("77", "5 GiB here", "1.5", "cpu")
    assert (facts["golub"], facts["cache"]) == ("ready", str(tmp_path / "cache"))
    assert [cell[1] for cell in cells if cell[0] == "data folder"] == [
        f"{tmp_path}/there (there)", f"{tmp_path}/away (not there)"
    ]  # fmt: skip
    assert {"python", "torch", "optuna", "xgboost"} <= set(facts)
    machine["cuda"] = True
    assert "cuda (H9)" in examined()[1]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"absent": ("optuna",)}, "Problem: optuna is not installed; run: pip install -e ."),
        (
            {"raises": {"lightgbm": OSError("libgomp")}},
            "Problem: lightgbm cannot be loaded (libgomp); run: apt install",
        ),
        (
            {"raises": {"torchvision": RuntimeError("operator")}},
            "Problem: torch and torchvision do not fit together (operator)",
        ),
        ({"raises": {"torch": ImportError("x")}}, "Problem: torch and torchvision do not fit together (x)"),
        ({"raises": {"torch": OSError("y")}}, "Problem: torch and torchvision do not fit together (y)"),
    ],
)
def test_what_is_lacking_is_named_with_what_to_do(machine, change, problem):
    machine.update(change)
    code, text = examined(width=30)
    assert code == 1 and problem in text and text.count("Problem:") == 1 and "Nothing is wrong" not in text


def test_a_library_that_is_not_installed_is_named_once(machine):
    machine.update(absent=("lightgbm",), raises={"lightgbm": ModuleNotFoundError("lightgbm")})
    code, text = examined()
    assert code == 1 and text.count("Problem:") == 1 and "not installed" in text
