"""What a user's cohort.toml may say, checked so that a mistake names file, key and choices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from datasets import DATASETS
from datasets.errors import CohortError
from datasets.names import Name
from datasets.own.path_pattern import SAID, words_of
from datasets.toml_file import read_toml
from datasets.wrong_keys import mistakes

_MOST_STARS = 8  # a regular expression of many stars takes for ever


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _is_separator(value: str) -> str:
    if value.isalnum() or value in '"\r\n.+-' or not (value.isprintable() or value == "\t"):
        raise ValueError('write the character between the columns, such as ",", ";" or "\\t"')
    return value


Separator = Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_is_separator)]


def _are_distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values) or any(not value or value != value.strip() for value in values):
        raise ValueError("write different names, without blanks around them")
    return values


Names = Annotated[tuple[str, ...], AfterValidator(_are_distinct)]


class TableFile(_Strict):
    """How a table is read.

    Attributes:
        table: CSV, TSV or Parquet file; "" means the specimen table, and what is left out is then as there.
        specimen: Column with the specimen id.
        separator: Of a CSV file.
        decimal: "." or ",".
        encoding: Of a CSV file.
        missing: Texts that mean "not measured", besides an empty cell.
    """

    table: str = ""
    specimen: str = "specimen"
    separator: Separator = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    missing: tuple[str, ...] = ("NA", "NaN", "nan")


class Specimens(TableFile):
    """One row a specimen; ``patient`` may be left out where nobody knows it, which is then said everywhere."""

    patient: str = ""
    domain: str = ""
    label: str = "label"
    era: str = ""


class Images(_Strict):
    """Cell images of the specimens: a table of paths, or a folder whose paths tell the specimen, and all else of it.

    Attributes:
        folder: Paths are relative to it; it is relative to the cohort.toml.
        pattern: Path below ``folder`` when there is no table: "{specimen}" is required, "{cell_type}" may follow;
            "*" stands for anything within a folder's name, "**" for any folders. Without a table of specimens it has
            "{label}" too, and "{patient}", "{domain}" and "{era}" where the folders tell them.
        table: Table with one row an image, or "".
        specimen, path, cell_type: Its columns; ``cell_type`` may be left out.
        crop: Side of the centred square that is cut from every image, in pixels; smaller images are named and left
            out. 0: the largest that all cover.
        image_size: Side after resizing, in pixels.
    """

    folder: str = "."
    pattern: str = "{specimen}/**"
    table: str = ""
    specimen: str = "specimen"
    path: str = "path"
    cell_type: str = ""
    separator: Separator = ","
    encoding: str = "utf-8"
    crop: int = Field(default=0, ge=0, le=100_000)
    image_size: int = Field(default=64, ge=16, le=512)

    @model_validator(mode="after")
    def _names_specimens(self) -> Images:
        if not self.table and "specimen" not in words_of(self.pattern):
            raise ValueError("pattern needs {specimen} once, or name a table of paths")
        if self.pattern.count("*") > _MOST_STARS:
            raise ValueError(f"pattern takes at most {_MOST_STARS} stars")
        return self

    @property
    def said(self) -> tuple[str, ...]:
        """Return what the paths say of a specimen besides its name and cell types."""
        return () if self.table else tuple(word for word in words_of(self.pattern) if word in SAID)


class Genes(TableFile):
    """Expression of the specimens.

    Attributes:
        orientation: Whether a specimen is a row or a column of the table; .h5ad files have specimens in rows.
        transform: Applied to every specimen alone: counts per 10,000 then log1p, log2(x + 1), or nothing.
        layer: Layer of an .h5ad file, "" for X.
        sets: GMT file with gene sets, or "".
    """

    orientation: Literal["rows", "columns"] = "rows"
    transform: Literal["none", "log2p1", "log1p-cp10k"] = "none"
    layer: str = ""
    sets: str = ""


class Column(_Strict):
    """One clinical column.

    Attributes:
        column: Its header in the table; the key of the entry when left out.
        unit: Unit of the values as they are in the table, "" for a pure number; ignored for categories.
        categories: Known values, in order; empty for a number.
        limits: Whether "<10" and ">1000" are read as their limits.
    """

    column: str = ""
    unit: str | None = None
    categories: Names = ()
    limits: bool = False

    @model_validator(mode="after")
    def _has_kind(self) -> Column:
        if self.unit is None and not self.categories:
            raise ValueError('give unit (such as "g/L", or "" for a pure number) or categories')
        return self


class Clinical(TableFile):
    """Clinical values of the specimens: name -> column."""

    columns: dict[str, Column] = Field(min_length=1)


_OF_FILE = ("specimen", "separator", "decimal", "encoding", "missing")  # how a table is read


def _reads_specimens(told: Any, part: Any) -> bool:
    """Return whether a section of a raw file reads the table of [specimens], named again or left out."""
    if not isinstance(part, dict) or not isinstance(told, dict) or not told.get("table"):
        return False
    return part.get("table", "") in ("", told["table"]) and ("table" in part or "columns" in part)


class OwnFile(_Strict):
    """A whole cohort.toml."""

    name: Name
    title: str = ""
    licence: str = "the owner's"
    classes: Names = ()
    target_level: Literal["patient", "specimen"] = "patient"
    specimens: Specimens = Specimens()
    images: Images | None = None
    genes: Genes | None = None
    clinical: Clinical | None = None
    split: dict[str, Any] = Field(default_factory=lambda: {"scheme": "kfold", "folds": 5})

    @field_validator("name")
    @classmethod
    def _is_new(cls, value: str) -> str:
        if value.casefold() in DATASETS:
            raise ValueError(f"{value} is a dataset of the tree; choose another name")
        return value

    @model_validator(mode="before")
    @classmethod
    def _inherits(cls, told: Any) -> Any:
        """Give a section that reads the specimen table the keys of [specimens] that it leaves out."""
        if not isinstance(told, dict):
            return told
        specimens, whole = told.get("specimens", {}), dict(told)
        for name, model in (("clinical", Clinical), ("images", Images), ("genes", Genes)):
            if _reads_specimens(specimens, told.get(name)):
                keys = [key for key in _OF_FILE if key in specimens and key in model.model_fields]
                whole[name] = {**{key: specimens[key] for key in keys}, **told[name]}
        return whole

    @model_validator(mode="after")
    def _reads_a_file_in_one_way(self) -> OwnFile:
        for name in ("clinical", "images", "genes"):
            part = getattr(self, name)
            if part is None or not (part.table == self.specimens.table or (name == "clinical" and not part.table)):
                continue
            for key in ("specimen", "separator", "encoding", "decimal"):
                ours, theirs = getattr(self.specimens, key), getattr(part, key, None)
                is_said = key != "decimal" or key in self.specimens.model_fields_set
                if self.specimens.table and theirs not in (None, ours) and is_said:
                    raise ValueError(
                        f"{name}.{key} is {json.dumps(theirs)}, but specimens.{key} is {json.dumps(ours)}, and both "
                        f"read {self.specimens.table}; write {key} under [specimens] alone"
                    )
        return self

    @model_validator(mode="after")
    def _has_input(self) -> OwnFile:
        if self.images is None and self.genes is None and self.clinical is None:
            raise ValueError("a cohort needs [images], [genes] or [clinical]")
        return self

    @model_validator(mode="after")
    def _names_genes(self) -> OwnFile:
        if self.genes is not None and not self.genes.table:
            raise ValueError('genes.table names no file; write table = "expression.csv" under [genes]')
        return self

    @model_validator(mode="after")
    def _says_specimens_once(self) -> OwnFile:
        said = self.images.said if self.images else ()
        if self.specimens.table:
            if said:
                raise ValueError(f"specimens.table and the pattern of [images] ({{{said[0]}}}) both say it; keep one")
            return self
        if "label" not in said:
            raise ValueError(
                "specimens.table names no file; name one, or let folders tell the classes: [images] "
                'pattern = "{label}/{specimen}.jpg"'
            )
        columns = [name for name in ("patient", "domain", "era") if getattr(self.specimens, name)]
        if columns:
            raise ValueError(f"specimens.{columns[0]} names a column, but no table; write {{{columns[0]}}} in pattern")
        if self.clinical is not None and not self.clinical.table:
            raise ValueError('clinical.table names no file; write table = "labs.csv" under [clinical]')
        return self

    @property
    def joins_names(self) -> bool:
        """Return whether a specimen's id is made of all that its path says: no table names specimens."""
        return not (self.specimens.table or self.genes or self.clinical)


def read_own_file(path: Path) -> OwnFile:
    """Read a cohort.toml.

    Raises:
        CohortError: Naming the key and what may stand there.
    """
    told = read_toml(path)
    try:
        return OwnFile.model_validate(told)
    except ValidationError as error:
        raise CohortError(path.name, "; ".join(mistakes(error, OwnFile))) from error
