"""A user's images whose folders say everything: class, patient and domain of each specimen, no table needed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from datasets.errors import CohortError
from datasets.nearest import did_you_mean
from datasets.own.cohort_file import OwnFile
from datasets.own.path_pattern import path_rule, said_by
from datasets.own.problems import Problems, counted
from datasets.own.similar_classes import nearly_classes, nearly_remedy
from datasets.read import find_images

_REPEATED = "Ids are unique where tables of genes or clinical values name them: rename the files."


def specimens_of_folders(spec: OwnFile, home: Path, problems: Problems) -> pd.DataFrame:
    """Return what the paths of the images say of their specimens: columns specimen, label, patient, domain, era.

    A column that the pattern does not name is left out. Files that do not fit it are told when images are read.

    Args:
        spec: A cohort.toml without a table of specimens.
        home: Its folder.
        problems: Where unknown labels, torn patients and repeated specimens are added.

    Raises:
        CohortError: If the folder is missing, or no file fits the pattern.
    """
    if spec.images is None:
        raise CohortError("specimens.table", "names no file")
    folder, rule = home / spec.images.folder, path_rule(spec.images.pattern)
    if not folder.is_dir():
        raise CohortError("images.folder", f"there is no folder {folder}", remedy="Paths begin at the cohort.toml.")
    found: dict[str, dict[str, str]] = {}
    for file in find_images(folder, folder):
        said = said_by(rule, file.path, joined=spec.joins_names)
        if said is None:
            continue
        said.pop("cell_type", None)
        if found.setdefault(said["specimen"], said) != said:
            problems.add(file.path, 0, "", said["specimen"], "is a specimen of another folder too", _REPEATED)
    if not found:
        raise CohortError("images.pattern", f"no image in {folder} fits {spec.images.pattern}")
    table = pd.DataFrame(list(found.values()))
    _check_labels(spec, table, problems)
    return table


def _check_labels(spec: OwnFile, table: pd.DataFrame, problems: Problems) -> None:
    """Add a problem for every unknown class and, where a patient has one label, for every patient with two."""
    place = spec.images.folder if spec.images else ""
    unknown = sorted(set(table["label"]) - set(spec.classes)) if spec.classes else []
    for label in unknown:
        said = f"is an unknown label of {counted(int((table['label'] == label).sum()), 'specimen')}"
        remedy = f"{did_you_mean(label, spec.classes)} Rename the folder, or name it in classes."
        problems.add(place, 0, "{label}", label, said, remedy)
    if not spec.classes:
        for label, usual, count in nearly_classes(table["label"]):
            said = f"is nearly the class {usual}, of {counted(count, 'specimen')}"
            problems.add(place, 0, "{label}", label, said, nearly_remedy(usual, "Rename the folder"))
    if spec.target_level == "patient" and "patient" in table:
        for patient, labels in table.groupby("patient")["label"].unique().items():
            if len(labels) > 1:
                said = f"has images under two labels: {', '.join(sorted(labels))}"
                remedy = 'Are these two people? Rename a folder, or set target_level = "specimen".'
                problems.add(place, 0, "{patient}", patient, said, remedy)
