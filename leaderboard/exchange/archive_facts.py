"""What a board's JSON files may say, checked before anything is computed from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MOST_RESAMPLES = 100_000
Part = Literal["predictions", "trials", "valid", "specimens", "modality_predictions", "ood"]
Number = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Published(_Strict):
    result: str
    protocol: str
    citation: str
    not_comparable: str = ""


class _Task(_Strict):
    name: str
    title: str
    dataset: str
    positive: int | None
    generated: bool
    level: Literal["patient", "specimen"]
    abstain_cost: Number | None
    ladder: str
    rung: str
    curve: str = ""
    learned_from: Annotated[int, Field(ge=0)] = 0
    classes: list[str]
    flags: list[str]
    notes: list[str]
    families: dict[str, str]
    fold_names: dict[Annotated[str, Field(pattern=r"^[0-9]{1,9}$")], str]
    costs: list[list[Number]] | None
    published: list[_Published]
    columns: dict[Part, list[str]]


class BoardFacts(_Strict):
    """Facts of a board and of its tasks, as in ``board.json``."""

    suite: str
    title: str
    profile: str
    commit: str
    date: str
    command: str
    resamples: Annotated[int, Field(ge=1, le=MOST_RESAMPLES)]
    tasks: list[_Task]


class Manifest(_Strict):
    """What ``manifest.json`` says that is used here; it may say more."""

    files: dict[str, str]
    suite: Name | None = None
    entry: str | None = None


def first_mistake(error: ValidationError) -> str:
    """Return key and reason of the first thing that is wrong, with what stands there when that is short."""
    problem: Any = error.errors(include_url=False)[0]
    key = ".".join(map(str, problem["loc"])) or "the file"
    given = repr(problem.get("input"))
    return f"{key}: {problem['msg']}" + (f", not {given}" if len(given) <= 60 else "")
