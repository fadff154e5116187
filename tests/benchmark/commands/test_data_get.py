"""The commands that get and check data, on sources that a person has to fetch."""

import io
import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from benchmark.commands import data_commands, listing
from benchmark.commands.cli import app
from benchmark.entries.registry import UsageError, dataset_module
from benchmark.suites.suite import Split
from datasets.public import aml_hehr, bccd, bone_marrow_mll, c_nmc, matek_lmu, mll23, raabin
from tests.datasets.cell_folders import picture, places  # noqa: F401

FETCHED = (aml_hehr, bccd, bone_marrow_mll, c_nmc, matek_lmu, mll23, raabin)
pytestmark = pytest.mark.usefixtures("places")


def run(command, *arguments):
    console = Console(width=400, record=True, file=io.StringIO())
    code = command(*arguments, console)
    return code, console.export_text()


def states(root):
    return {row["dataset"]: row["state"] for row in listing.datasets(root)}


@pytest.mark.parametrize("module", FETCHED, ids=lambda m: m.NAME)
def test_split_source_and_page_fit_together(module):
    Split.model_validate(module.SPLIT)
    assert dataset_module(module.NAME) is module
    assert module.SOURCE.folder == module.NAME
    assert module.CARD.source == module.SOURCE.page
    assert "[M" not in repr(module.CARD)


def test_list_says_how_each_dataset_is_got(tmp_path):
    found = states(tmp_path)
    assert found["apl-sim"] == "generated here"
    assert found["apl-jhu"] == "needs download: python -m benchmark data get apl-jhu"
    assert found["mll23"] == "needs download: python -m benchmark data get mll23"
    by_hand = "needs download by hand: python -m benchmark data get matek-lmu prints the steps"
    assert found["matek-lmu"] == by_hand
    assert found["bccd"] == "needs registration: python -m benchmark data get bccd prints the steps"
    assert found["wbc-cross"].startswith("needs download: python -m benchmark data get ")
    assert found["h5ad"] == "your own file: --option path=FILE.h5ad"
    picture(tmp_path / "raabin/Train/Neutrophil/a.jpg")
    assert states(tmp_path)["raabin"] == "ready"


def test_get_of_a_users_own_file_says_how_to_name_it_and_lacks_nothing(tmp_path):
    code, text = run(data_commands.get, "h5ad", tmp_path)
    assert code == 0 and "not on this machine" not in text and str(tmp_path) not in text
    assert "h5ad reads your own file: --option path=FILE.h5ad; there is nothing to get." in text


def test_get_prints_numbered_steps_with_the_folder_and_fails_while_nothing_is_there(tmp_path):
    code, text = run(data_commands.get, "raabin", tmp_path)
    assert code == 1
    assert f"1. Open {raabin.SOURCE.page}" in text
    assert f"{tmp_path / 'raabin'}/Train/Neutrophil" in text
    assert "raabin is not on this machine yet." in text
    assert "licence: " + raabin.SOURCE.licence in text


def test_get_and_check_verify_what_a_person_put_there(tmp_path):
    for name in ("NGS", "LYT"):
        picture(tmp_path / "matek-lmu" / name / f"{name}_0001.tiff", size=(400, 400))
    code, text = run(data_commands.get, "matek-lmu", tmp_path)
    assert code == 1
    assert "**/*.tiff: 18,365 files expected, 2 found" in text
    assert "**/annotations.dat: 1 files expected, 0 found" in text
    (tmp_path / "matek-lmu/NGS/._NGS_0001.tiff").write_bytes(b"Mac")
    for i in range(7):
        (tmp_path / "matek-lmu" / f"notes_{i}.txt").write_text("mine")
    code, text = run(data_commands.check, "matek-lmu", tmp_path)
    assert code == 1
    assert "**/*.tiff: 18,365 files expected, 2 found" in text
    assert "2 unverified: " in text
    assert "8 extra: 7 .txt (such as notes_0.txt); 1 left by the operating system (such as NGS/._NGS_0001.tiff)" in text
    assert "matek-lmu loads: 2 specimens; the source names no patients." in text


def test_get_refuses_to_overwrite_with_one_line(tmp_path):
    path = tmp_path / "apl-labs/LICENSE"
    path.parent.mkdir()
    path.write_text("my own words")
    with pytest.raises(UsageError, match=r"differ from the source \(LICENSE\)\. They are left as they are"):
        run(data_commands.get, "apl-labs", tmp_path)
    assert path.read_text() == "my own words"


@pytest.mark.parametrize(("name", "why"), [("apl-sim", "generated on this"), ("wbc-cross", "made of other datasets")])
def test_what_has_no_files_of_its_own_is_said(name, why, tmp_path):
    with pytest.raises(UsageError, match=f"{name} is {why}"):
        run(data_commands.get, name, tmp_path)


def test_the_command_line_gives_the_exit_code(tmp_path):
    done = CliRunner().invoke(app, ["data", "get", "aml-hehr", "--data-root", str(tmp_path)])
    assert done.exit_code == 1
    assert "IBM Aspera Connect" in done.stdout
    rows = json.loads(CliRunner().invoke(app, ["list", "datasets", "--json", "--data-root", str(tmp_path)]).stdout)
    assert {"aml-hehr", "c-nmc", "bone-marrow-mll"} <= {row["dataset"] for row in rows}
