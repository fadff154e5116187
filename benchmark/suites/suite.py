"""What to run: a TOML file, checked so that a mistake names file, key and choices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from benchmark.entries import GRID, PER_PATIENT, UNSEEN, UnknownName, UsageError, entry_spec, is_own
from benchmark.suites.source import UNKNOWN, Source
from datasets import DATASETS
from datasets.errors import CohortError
from datasets.names import Name
from datasets.toml_file import read_toml
from datasets.wrong_keys import mistakes

SUITE_FOLDER = Path(__file__).parent
Scalar = str | int | float | bool
Cost = Annotated[float, Field(ge=0)]


MOST_SEED = 2**31 - 1
FOLDER = "folder"  # where a validated file lies


def beside(path: str, info: ValidationInfo) -> str:
    """Return a path of a file with a folder of its own as absolute one: it is relative to that file."""
    folder = (info.context or {}).get(FOLDER)
    return path if folder is None else str((folder / path).resolve())


class SuiteError(UsageError):
    """Report a suite file that cannot be run."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Split(_Strict):
    """How a task's specimens get their roles: a scheme with its numbers, or a committed plan.

    Attributes:
        train_patients: How many patients each fold of "kfold" learns from, train and valid together; 0 for all. Test
            patients do not depend on it: tasks that differ in it alone are the points of a learning curve.
    """

    scheme: Literal[
        "kfold", "official", "published", "leave-one-domain-out", "transfer", "temporal", "zero-shot", "images",
        "random-images", "slide", "plan",
    ]  # fmt: skip
    folds: int = Field(default=5, ge=2, le=50)
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    train_domains: tuple[str, ...] = ()
    plan: str = ""
    train_patients: int = Field(default=0, ge=0)

    @field_validator("plan")
    @classmethod
    def _found(cls, value: str, info: ValidationInfo) -> str:
        return beside(value, info) if value.endswith(".csv") else value

    @model_validator(mode="after")
    def _consistent(self) -> Split:
        if (self.scheme == "plan") != bool(self.plan):
            raise ValueError("give 'plan' (a committed plan's name or a path) exactly when scheme = 'plan'")
        if self.scheme in ("official", "zero-shot") and not self.train_domains:
            raise ValueError(f"scheme = '{self.scheme}' needs train_domains")
        if self.train_patients and self.scheme != "kfold":
            raise ValueError("train_patients needs scheme = 'kfold'")
        return self


RUNGS = {"random-images": "random image", "slide": "slide", "kfold": "patient", "leave-one-domain-out": "site"}


class Task(_Strict):
    """A dataset with its options and a split.

    Attributes:
        notes: Printed above the table.
        unit: "image" makes every image a specimen of its own, at most ``images_per_patient`` of a patient.
        unseen: Classes that are set aside: never learned from, predicted under the role "ood:<class>".
        ladder: Name of the leak ladder that the task is a rung of; its split's scheme says which.
        curve: Name of the learning curve that the task is a point of; its split's train_patients says which.
        modality_grid: Also predict with every subset of the modalities.
        costs: Cost of calling class j for a patient of class i, one row a class.
        abstain_cost: Cost of no call.
    """

    name: Name
    title: str
    dataset: str
    split: Split
    options: dict[str, Scalar] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    unit: Literal["specimen", "image"] = "specimen"
    images_per_patient: int = Field(default=8, ge=1)
    unseen: tuple[str, ...] = ()
    ladder: Name | Literal[""] = ""
    curve: Name | Literal[""] = ""
    modality_grid: bool = False
    costs: tuple[tuple[Cost, ...], ...] | None = None
    abstain_cost: Cost | None = None

    @field_validator("dataset")
    @classmethod
    def _known(cls, value: str, info: ValidationInfo) -> str:
        if is_own(value):
            return beside(value, info)
        if value not in DATASETS:
            raise UnknownName("dataset", value, DATASETS)
        return value

    @model_validator(mode="after")
    def _is_a_rung(self) -> Task:
        if self.ladder and self.split.scheme not in RUNGS:
            raise ValueError(f"a rung of a ladder has one of the split schemes {', '.join(RUNGS)}")
        if self.curve and not self.split.train_patients:
            raise ValueError("a point of a learning curve says in its split how many train_patients it learns from")
        if self.curve and self.ladder:
            raise ValueError("a task is a rung of a ladder or a point of a curve, not both")
        if self.modality_grid and self.unit == "image":
            raise ValueError("modality_grid needs unit = 'specimen': an image alone has one modality")
        return self

    @property
    def rung(self) -> str:
        """Return the rung of the leak ladder, or ""."""
        return RUNGS[self.split.scheme] if self.ladder else ""

    @property
    def learned_from(self) -> int:
        """Return how many patients each fold learns from in a point of a learning curve, else 0."""
        return self.split.train_patients if self.curve else 0

    @property
    def settings(self) -> dict[str, Scalar | tuple[str, ...]]:
        """Return the loader's options and, under dotted names, what the harness does with the cohort."""
        view: dict[str, Scalar | tuple[str, ...]] = {UNSEEN: self.unseen} if self.unseen else {}
        view |= {PER_PATIENT: self.images_per_patient} if self.unit == "image" else {}
        return {**self.options, **view, **({GRID: True} if self.modality_grid else {})}


class Tuning(_Strict):
    """Optuna trials and seconds that every entry of a task gets inside each fold."""

    trials: int = Field(ge=1)
    seconds: float = Field(gt=0)


class Profile(_Strict):
    """How much to spend: entries, seeds, tuning, and hyper-parameters that differ from an entry's defaults."""

    entries: tuple[str, ...] = Field(min_length=1)
    seeds: tuple[Annotated[int, Field(ge=0, le=MOST_SEED)], ...] = Field(default=(0,), min_length=1)
    tune: Tuning | None = None
    trial_seconds: float = Field(default=3600, gt=0)
    params: dict[str, dict[str, Scalar]] = Field(default_factory=dict)

    @field_validator("entries")
    @classmethod
    def _found(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return tuple(beside(name, info) if ".py:" in name else name for name in value)

    @model_validator(mode="after")
    def _known(self) -> Profile:
        names = [entry_spec(name).name for name in self.entries]
        strangers = sorted(set(self.params) - set(names))
        if strangers:
            raise ValueError(f"params name entries that the profile does not run: {', '.join(strangers)}")
        if len(set(names)) != len(names):
            raise ValueError("an entry is listed twice")
        return self


class Suite(_Strict):
    """Tasks and profiles under one name."""

    name: Name
    title: str
    tasks: tuple[Task, ...] = Field(min_length=1)
    profiles: dict[Name, Profile] = Field(min_length=1)
    default_profile: str = "quick"
    _source: Source = PrivateAttr(default=UNKNOWN)

    @model_validator(mode="after")
    def _consistent(self) -> Suite:
        names = [task.name for task in self.tasks]
        if len(set(names)) != len(names):
            raise ValueError("two tasks have the same name")
        for ladder in {task.ladder for task in self.tasks} - {""}:
            _check_ladder(ladder, [task for task in self.tasks if task.ladder == ladder])
        for curve in {task.curve for task in self.tasks} - {""}:
            _check_curve(curve, [task for task in self.tasks if task.curve == curve])
        asked = {p for task in self.tasks for p in task.profiles} | {self.default_profile}
        strangers = sorted(asked - set(self.profiles))
        if strangers:
            raise ValueError(f"unknown profiles {strangers}; the suite has {sorted(self.profiles)}")
        return self

    @property
    def source(self) -> Source:
        """Return where the suite came from."""
        return self._source

    def from_source(self, kind: str, names: Sequence[str]) -> Suite:
        """Return the suite with where it came from; names as in ``Source``."""
        suite = self.model_copy()
        suite._source = Source(kind, tuple(names))
        return suite

    def profile(self, name: str | None) -> tuple[str, Profile]:
        """Return the profile called ``name``, or the default one, with its name."""
        chosen = name or self.default_profile
        if chosen not in self.profiles:
            raise UnknownName("profile", chosen, self.profiles)
        return chosen, self.profiles[chosen]

    def tasks_of(self, profile: str) -> tuple[Task, ...]:
        """Return the tasks that a profile runs; a task without ``profiles`` belongs to all."""
        return tuple(t for t in self.tasks if not t.profiles or profile in t.profiles)


def _check_ladder(name: str, rungs: Sequence[Task]) -> None:
    """Rungs differ in their split alone, or the difference of their scores says nothing about leaks."""
    schemes = [task.split.scheme for task in rungs]
    if len(set(schemes)) != len(schemes):
        raise ValueError(f"ladder {name!r} has two rungs of one scheme: {schemes}")
    views = {(task.dataset, tuple(sorted(task.settings.items())), task.profiles) for task in rungs}
    if len(views) > 1:
        raise ValueError(f"the rungs of ladder {name!r} differ in dataset, options, unit or profiles")


def _check_curve(name: str, points: Sequence[Task]) -> None:
    """Points differ in how many patients they learn from alone, or the curve shows something else."""
    sizes = [task.learned_from for task in points]
    if len(set(sizes)) != len(sizes):
        raise ValueError(f"curve {name!r} has two points of one number of train_patients: {sizes}")
    views = {
        (task.dataset, tuple(sorted(task.settings.items())), task.profiles,
         task.split.model_copy(update={"train_patients": 0}))
        for task in points
    }  # fmt: skip
    if len(views) > 1:
        raise ValueError(f"the points of curve {name!r} differ in dataset, options, unit, profiles or split")


def suite_names() -> list[str]:
    """Return the suites of the tree."""
    return sorted(p.stem for p in SUITE_FOLDER.glob("*.toml"))


def check_is_new(name: str, whose: str) -> str:
    """Return the name of something that a user made, which must not be taken for a suite or dataset of the tree.

    Raises:
        UsageError: If it is the name of one, in whatever case.
    """
    for kind, known in (("suite", suite_names()), ("dataset", DATASETS)):
        if name.casefold() in known:
            raise UsageError(f"{whose}: name: {name} is a {kind} of the tree; choose another name")
    return name


def load_suite(name: str) -> Suite:
    """Read a suite of the tree by name, or a user's own by path.

    Raises:
        SuiteError: If the file is missing or wrong; names file, key and choices.
        UsageError: If a user's suite has the name of a suite or dataset of the tree.
    """
    path = Path(name) if name.endswith(".toml") else SUITE_FOLDER / f"{name}.toml"
    if not name.endswith(".toml") and name not in suite_names():
        raise UnknownName("suite", name, suite_names())
    try:
        suite = Suite.model_validate(read_toml(path), context={FOLDER: path.resolve().parent})
    except CohortError as error:
        raise SuiteError(str(error)) from error
    except ValidationError as error:
        raise SuiteError("\n".join(f"{path}: {said}" for said in mistakes(error, Suite))) from error
    if path.resolve().parent == SUITE_FOLDER.resolve():
        return suite.from_source("tree", [suite.name])
    check_is_new(suite.name, str(path))
    return suite.from_source("file", [str(path.resolve())])
