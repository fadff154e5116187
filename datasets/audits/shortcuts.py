"""Audit of shortcuts: things that are not biology and tell the class all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from datasets.audits.finding import Finding
from datasets.audits.telling import Units, independent_units, telling
from datasets.cohort import MODALITIES, Cohort
from datasets.splits import SplitPlan

_LEVELS = 30  # levels of a category that are looked at, the most frequent ones
_PER_BIN = 12  # units a bin of a number, at least
_DOMAINS = 5  # the largest domains, in each of which missing values are looked at

_Describe = Callable[[Cohort, Units], Iterator[tuple[str, NDArray[np.float64]]]]
_Check = Callable[[Cohort, SplitPlan | None], Iterator[Finding]]


def class_is_domain(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find domains that tell the class."""
    remedy = "Compare within a domain, or leave a domain out; read the scores beside the controls."
    classes = pd.Series(cohort.y).groupby(cohort.domain).nunique()
    shared = len(set(cohort.patient.tolist())) >= 2 * len(classes)
    if len(classes) > 1 and shared and (classes == 1).all():  # certain, however few patients a test would need
        problem = f"It alone determines the class: each of the {len(classes)} domains holds one class only."
        yield Finding("class-is-domain", True, "domain", problem, remedy)
        return
    yield from _shortcut("class-is-domain", cohort, _domain, remedy)


def class_is_missingness(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find patterns of missing values and modalities that tell the class."""
    remedy = "Compare every entry with the control missingness-only, and do not feed indicators of missing values."
    yield from _shortcut("class-is-missingness", cohort, _missingness, remedy)
    domains = pd.Series(cohort.domain).value_counts().index[:_DOMAINS]
    for domain in sorted(domains) if len(domains) > 1 else ():
        inside = cohort[cohort.domain == domain]
        for told in _shortcut("class-is-missingness", inside, _missingness, remedy, looks=len(domains)):
            yield replace(told, blocks=False, where=f"{told.where} in domain {domain}")


def class_is_background(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find tints of the image border that tell the class: stain, camera or crop."""
    remedy = "Compare with the control border-only; normalise or augment stains, or mask the background."
    if cohort.images is not None:
        yield from _shortcut("class-is-background", cohort[cohort.has("images")], _background, remedy)


def class_is_size(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find sizes of images and of their files that tell the class.

    The size of a file blocks nothing: no entry is given it, and granules compress badly, which is biology.
    """
    crop = "Crop every image to one square before resizing, and never feed sizes or byte counts."
    yield from _shortcut("class-is-size", cohort, _size, crop, looks=2)
    same = "Save all images with one program and quality. Where that is so, it is texture, and nothing is wrong."
    yield from _shortcut("class-is-size", cohort, _bytes, same, may_block=False, looks=2)


def _shortcut(
    rule: str, cohort: Cohort, describe: _Describe, remedy: str, *, may_block: bool = True, looks: int = 1
) -> Iterator[Finding]:
    units = independent_units(cohort)
    if units is None:
        return
    designs = list(describe(cohort, units))
    for where, design in designs:
        told = telling(design, units, looks * len(designs))
        if told.tells:
            verb = "determines the class" if told.determines else "tells the class better than chance"
            yield Finding(rule, may_block and told.determines, where, f"It alone {verb}: {told}.", remedy)


def _domain(cohort: Cohort, units: Units) -> Iterator[tuple[str, NDArray[np.float64]]]:
    yield "domain", units.mean(_levels(cohort.domain))


def _era(cohort: Cohort, units: Units) -> Iterator[tuple[str, NDArray[np.float64]]]:
    if cohort.era is not None:
        yield "era", units.mean(_levels(cohort.era))


def _format(cohort: Cohort, units: Units) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for column in ("format", "mode"):
        if cohort.image_facts is not None and column in cohort.image_facts:
            yield f"image {column}", units.mean(_by_specimen(cohort, _levels(cohort.image_facts[column])))


def _size(cohort: Cohort, units: Units) -> Iterator[tuple[str, NDArray[np.float64]]]:
    facts = cohort.image_facts
    if facts is not None and {"width", "height"} <= set(facts):
        both = _levels(facts["width"].astype(str) + "x" + facts["height"].astype(str))
        yield "image size", units.mean(_by_specimen(cohort, both))


def _bytes(cohort: Cohort, units: Units) -> Iterator[tuple[str, NDArray[np.float64]]]:
    if cohort.image_facts is not None and "bytes" in cohort.image_facts:
        logs = np.log(np.maximum(cohort.image_facts["bytes"].to_numpy(float), 1))[:, None]
        yield "size of the image files", _bins(units.mean(_by_specimen(cohort, logs))[:, 0])


def _count(cohort: Cohort, units: Units) -> Iterator[tuple[str, NDArray[np.float64]]]:
    if cohort.images is not None:
        yield "number of images", _bins(units.mean(cohort.images.sizes[:, None].astype(float))[:, 0])


def _missingness(cohort: Cohort, units: Units) -> Iterator[tuple[str, NDArray[np.float64]]]:
    there = {m: cohort.has(m) for m in MODALITIES}
    if cohort.clinical is not None:
        there |= {str(name): column.notna().to_numpy() for name, column in cohort.clinical.items()}
    design = units.mean(np.stack(list(there.values()), axis=1).astype(float))
    means = [design[units.y == k].mean(axis=0) for k in range(units.n_classes)]
    most = list(there)[int(np.ptp(means, axis=0).argmax())]
    yield f"what is missing (most of all {most})", design


def _background(cohort: Cohort, units: Units) -> Iterator[tuple[str, NDArray[np.float64]]]:
    if cohort.images is not None:
        tint = units.mean(_by_specimen(cohort, _border(cohort.images.pixels)))
        curved = (tint - tint.mean(axis=0)) ** 2  # a class whose tint lies between two others is told by squares only
        yield "tint of the image border", np.concatenate([tint, curved], axis=1)


def _order(cohort: Cohort, units: Units) -> Iterator[tuple[str, NDArray[np.float64]]]:
    rows = np.arange(len(cohort))
    sorted_ids = sorted(rows, key=lambda i: _natural(str(cohort.specimen[i])))
    by_id = np.empty(len(cohort), np.int64)
    by_id[sorted_ids] = rows
    for where, place in {"order of rows": rows, "order of specimen ids": by_id}.items():
        if where == "order of rows" or not np.array_equal(by_id, rows):
            yield where, _bins(units.mean(place[:, None].astype(float))[:, 0], most=20)


def _natural(text: str) -> list[tuple[bool, str]]:
    """Return a sorting key by which P9 comes before P10."""
    return [(not part.isdigit(), part.zfill(20)) for part in re.findall(r"\d+|\D+", text)]


def _levels(values: ArrayLike) -> NDArray[np.float64]:
    """Return indicators of the most frequent levels, float64 (n, levels)."""
    code = np.unique(np.asarray(values).astype(str), return_inverse=True)[1]
    frequent = np.argsort(-np.bincount(code), kind="stable")[:_LEVELS]
    return np.asarray(code[:, None] == frequent, float)


def _bins(values: NDArray[np.float64], most: int = 8) -> NDArray[np.float64]:
    """Return indicators of quantile bins, float64 (u, bins); equal values share a bin."""
    bins = int(np.clip(len(values) // _PER_BIN, 2, most))
    edges = np.unique(np.quantile(values, np.arange(1, bins) / bins))
    return np.asarray(np.searchsorted(edges, values, side="left")[:, None] == np.arange(len(edges) + 1), float)


def _by_specimen(cohort: Cohort, of_pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over each specimen's images of values (m, d) aligned with ``pixels``; 0 without images."""
    if cohort.images is None:
        return np.zeros((len(cohort), of_pixels.shape[1]))
    owner = np.repeat(np.arange(len(cohort)), cohort.images.sizes)
    frame = pd.DataFrame(of_pixels[cohort.images.all_rows()]).groupby(owner).mean()
    return frame.reindex(range(len(cohort)), fill_value=0).to_numpy()


def _border(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean colour of a frame two pixels wide, float64 (m, 3)."""
    parts = (pixels[:, :2], pixels[:, -2:], pixels[:, 2:-2, :2], pixels[:, 2:-2, -2:])
    sums = sum(part.sum(axis=(1, 2), dtype=np.float64) for part in parts)
    return np.asarray(sums / sum(part.shape[1] * part.shape[2] for part in parts))


def _rule(name: str, describe: _Describe, remedy: str, *, may_block: bool = True) -> _Check:
    """Return the check of a rule that asks no more than whether what ``describe`` yields tells the class."""

    def check(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
        return _shortcut(name, cohort, describe, remedy, may_block=may_block)

    return check


class_is_era = _rule(
    "class-is-era", _era, "Compare within a period, or split by time; read the scores beside the controls."
)
# compression leaves its marks in pixels
class_is_format = _rule("class-is-format", _format, "Re-encode all images alike, or take the classes from one source.")
class_is_count = _rule(
    "class-is-count",
    _count,
    "Pool images by mean or attention, or draw as many of every specimen; compare with missingness-only.",
)
# the harness shuffles rows and hides ids, so this never blocks
class_is_order = _rule(
    "class-is-order",
    _order,
    "The harness shuffles rows and hides ids; code of your own must do so too.",
    may_block=False,
)
