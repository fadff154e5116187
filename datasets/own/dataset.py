"""A user's own cohort, described by a cohort.toml: the same Cohort as every other dataset."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.card import Card
from datasets.cohort import MODALITIES, Cohort, Provenance, presence
from datasets.own.clinical import read_clinical
from datasets.own.cohort_file import OwnFile, read_own_file
from datasets.own.folders import specimens_of_folders
from datasets.own.genes import read_genes
from datasets.own.images import OwnImages, read_images
from datasets.own.problems import Problems
from datasets.own.tables import headers_of, read_specimens

_SHOWN = 5


class OwnDataset:
    """Stand where a dataset module stands, for the file at ``path``.

    Raises:
        CohortError: If the file is missing or says something unknown.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def spec(self) -> OwnFile:
        """Return what the file says, checked."""
        return read_own_file(self.path)

    @property
    def NAME(self) -> str:
        return self.spec.name

    @property
    def SPLIT(self) -> dict[str, Any]:
        return self.spec.split

    @property
    def CARD(self) -> Card:
        spec = self.spec
        parts = [name for name in ("images", "genes", "clinical") if getattr(spec, name) is not None]
        return Card(
            title=spec.title or spec.name,
            source="own files",
            doi="",
            licence=spec.licence,
            x=", ".join(parts),
            y=_told(spec, "label", ""),
            patient=_told(spec, "patient", "not known"),
            domain=_told(spec, "domain", "one"),
            split=str(spec.split),
        )

    def find(self, data_root: Path | None = None) -> Path:
        """Return the folder of the cohort.toml."""
        return self.path.parent

    def load(self, *, data_root: Path | None = None) -> Cohort:
        """Read and validate everything.

        Args:
            data_root: Not used: paths are relative to the cohort.toml. Every loader takes it.

        Raises:
            OwnCohortError: With every problem of the tables, row by row.
            CohortError: If a file or a column is missing.
        """
        return _load(self.spec, self.path)


def _told(spec: OwnFile, what: str, otherwise: str) -> str:
    """Return where a cohort.toml says that something stands: in a column, or in the paths of the images."""
    if spec.images and what in spec.images.said:
        return f"{{{what}}} of the path {spec.images.pattern}"
    column = getattr(spec.specimens, what) if spec.specimens.table else ""
    return f"column {column}" if column else otherwise


def _load(spec: OwnFile, path: Path) -> Cohort:
    problems, home = Problems(path.name), path.parent
    taken = headers_of(spec.specimens) if spec.specimens.table else {}
    table = _specimens(spec, home, problems)
    if spec.specimens.table:  # folders need no right ids: what is wrong with their images is told as well
        problems.stop_if_any()
    ids = table["specimen"].to_numpy(dtype=np.str_)
    usual = taken.get("specimen", "")
    images = (
        read_images(spec.images, ids, home, problems, joined=spec.joins_names, usual=usual) if spec.images else None
    )
    genes = read_genes(spec.genes, ids, taken, home, problems) if spec.genes else None
    clinical: pd.DataFrame | None = None
    units: dict[str, str] = {}
    if spec.clinical:
        clinical, units = read_clinical(spec.clinical, spec.specimens.table, ids, taken, home, problems)
    problems.stop_if_any()
    classes = spec.classes or tuple(sorted(table["label"].unique()))
    for name in sorted(set(classes) - set(table["label"])):
        problems.add_key("classes", name, "has no specimen", "Take it out of classes, or look for its label.")
    problems.stop_if_any()
    present = presence(len(ids), images.bags if images else None, genes.measured if genes else None, clinical)
    notes = (*(images.notes if images else ()), *(genes.notes if genes else ()), *_lacking(spec, ids, present))
    return Cohort(
        name=spec.name,
        classes=classes,
        y=table["label"].map(classes.index).to_numpy(np.int64),
        specimen=ids,
        patient=_texts(table, "patient", ids),
        domain=_texts(table, "domain", np.full(len(ids), "all")),
        era=table["era"].to_numpy(np.str_) if "era" in table else None,
        provenance=_provenance(spec, path, images, notes),
        present=present,
        images=images.bags if images else None,
        image_facts=images.facts if images else None,
        genes=genes.values if genes else None,
        gene_names=genes.names if genes else (),
        gene_sets=genes.sets if genes else {},
        clinical=clinical,
        units=units,
        target_level=spec.target_level,
        patients_known="patient" in table,
    )


def _specimens(spec: OwnFile, home: Path, problems: Problems) -> pd.DataFrame:
    if not spec.specimens.table:
        return specimens_of_folders(spec, home, problems)
    one_label = spec.target_level == "patient"
    return read_specimens(spec.specimens, spec.classes, home, problems, one_label=one_label)


def _texts(table: pd.DataFrame, column: str, otherwise: NDArray[np.str_]) -> NDArray[np.str_]:
    return table[column].to_numpy(np.str_) if column in table else otherwise


def _lacking(spec: OwnFile, ids: NDArray[np.str_], present: NDArray[np.bool_]) -> tuple[str, ...]:
    """Return a note for each modality that the cohort has but some specimens have not."""
    told = []
    for modality, there in zip(MODALITIES, present.T, strict=True):
        lacking = ids[~there]
        if getattr(spec, modality) is not None and len(lacking):
            first = ", ".join(lacking[:_SHOWN]) + (" …" if len(lacking) > _SHOWN else "")
            told.append(f"{len(lacking)} of {len(ids)} specimens have no {modality}: {first}")
    return tuple(told)


def _provenance(spec: OwnFile, path: Path, images: OwnImages | None, notes: tuple[str, ...]) -> Provenance:
    said = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return Provenance(
        source=f"own files, {spec.name}",
        version=f"{path.name} sha256 {said}" + (f"; images cropped to {images.crop} pixels" if images else ""),
        licence=spec.licence,
        skipped=images.skipped if images else (),
        notes=notes,
    )
