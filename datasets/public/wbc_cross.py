"""The common white blood cells over four sources, one domain each: does a model read cells or a laboratory?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.card import Card, Reference
from datasets.cohort import Cohort, CohortError, ImageBags, Provenance
from datasets.public import acevedo, apl_jhu, wbc_zheng
from datasets.public.wbc_sources import READERS, Part
from datasets.read import Crop, Cut, Decoded, ImageFile, choose, decode_images, groups, single_cells

NAME = "wbc-cross"
CLASSES = ("neutrophil", "lymphocyte", "monocyte", "eosinophil")
BASOPHIL = "basophil"
CARD = Card(
    title="Four common white blood cells over four sources (Acevedo, JHU, Zheng 1, Zheng 2), one domain each",
    source="; ".join(m.CARD.source for m in (acevedo, apl_jhu, wbc_zheng)),
    doi="",
    licence="; ".join(f"{m.NAME}: {m.SOURCE.licence}" for m in (acevedo, apl_jhu, wbc_zheng)),
    x="One image a cell, cropped to about the same field of view: 220 pixels of CellaVision's scale, 100 of Zheng 1.",
    y="Neutrophil (band and segmented), lymphocyte, monocyte, eosinophil; basophils=True adds basophil.",
    patient="Known for JHU only, whose patients stay on one side; elsewhere each image stands alone. A specimen is an "
    "image; the sources name no common patient.",
    domain="Acevedo, JHU (patients with leukaemia), Zheng-1 (Tecom), Zheng-2 (CellaVision blog). The option domains "
    "chooses among these and BCCD (fields of another microscope), as in domains=Acevedo,JHU,BCCD.",
    split="None published; leave-one-domain-out. Train and valid may share patients of Acevedo and Zheng.",
    traps=(
        "Basophils are left out by default: Zheng-1 has one, Zheng-2 three.",
        "At most per_class cells of a class and domain, by a seeded choice; the classes of JHU and Zheng stay uneven, "
        "so domains differ in class mix as well as in looks.",
        "Cells of JHU are the analyser's and a reader's calls in patients with acute leukaemia, whose cells may be "
        "dysplastic, and several come from one patient; those of Acevedo are from people without blood disease.",
        "Left out as ambiguous: JHU's variant lymphocytes, promonocytes, immature and unidentified cells, and every "
        "image whose bytes the source files under two cell types. Of look-alike images one is kept.",
        "Zheng-1 has a white background in a third of its images, more often in eosinophils; see wbc-zheng.",
        "Batch normalisation: ResNets were reported to generalise unreasonably poorly across such domains because "
        "of it (Tsutsui 2023, arXiv 2303.01777).",
    ),
    references=(
        Reference(
            "accuracy above .80 on each of eight target datasets, above .90 on more than half",
            "other sources; EfficientNet trained on two datasets, colour transform, fine-tuned on 100 or fewer target "
            "images",
            "Chossegros et al., J Pathol Inform 2024, 15:100405",
            "other sources, and tuned on target images",
        ),
    ),
)
SPLIT = {"scheme": "leave-one-domain-out"}


_COMPARED = 64  # pixels at which look-alikes are sought, whatever size is asked for


def find(data_root: Path | None = None) -> Path:
    """Return the folder of acevedo, after finding the other two datasets of the default domains as well.

    Raises:
        DataMissing: If one of the three is not on this machine; it names that one.
    """
    apl_jhu.find(data_root)
    wbc_zheng.find(data_root)
    return acevedo.find(data_root)


def load(
    *,
    data_root: Path | None = None,
    image_size: int = 64,
    domains: str | Sequence[str] = "Acevedo, JHU, Zheng-1, Zheng-2",
    basophils: bool = False,
    per_class: int | None = 300,
    seed: int = 0,
) -> Cohort:
    """Load one specimen a cell; ids are "<domain>/<path in its dataset>".

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.
        domains: Names of ``wbc_sources.READERS``, as text with commas or a list; BCCD may join, or stand for another.
        basophils: Whether to add them as a fifth class.
        per_class: Cells chosen of each class and domain at most; None takes all.
        seed: Of that choice.

    Raises:
        DataMissing: If a dataset of the domains is not on this machine.
        CohortError: If a domain is unknown, or one of them is not as its source has it.
    """
    classes = (*CLASSES, BASOPHIL) if basophils else CLASSES
    parts = [_narrowed(READERS[domain](domain, data_root), classes) for domain in _chosen_domains(domains)]
    chosen = [_choose(part, per_class, seed) for part in parts]
    decoded = _decoded(parts, chosen, image_size)
    kept = [(p, files[i].path) for p, files, d in zip(parts, chosen, decoded, strict=True) for i in d.kept]
    cohort = single_cells(
        name=NAME,
        classes=classes,
        labels=[part.label(path) for part, path in kept],
        specimen=[f"{part.domain}/{path}" for part, path in kept],
        domain=[part.domain for part, _ in kept],
        pixels=np.concatenate([d.pixels for d in decoded]),
        provenance=_provenance(parts, decoded),
        facts=pd.concat([d.facts for d in decoded], ignore_index=True),
    )
    owners = [f"JHU/{path.split('/')[2]}" if part.domain == "JHU" else f"{part.domain}/{path}" for part, path in kept]
    return replace(cohort, patient=np.array(owners))[_without_copies(_decoded(parts, chosen, _COMPARED))]


def _chosen_domains(domains: str | Sequence[str]) -> list[str]:
    """Return the names of the domains, each once, in the order of ``READERS``.

    Raises:
        CohortError: If one is unknown, or there are fewer than two.
    """
    named = [name.strip() for name in domains.split(",")] if isinstance(domains, str) else list(domains)
    unknown = sorted(set(named) - set(READERS))
    if unknown or len(set(named)) < 2:
        problem = f"unknown {unknown}" if unknown else f"are {named}, two or more are needed"
        raise CohortError("domains", problem, remedy=f"Known: {', '.join(READERS)}.")
    return [domain for domain in READERS if domain in named]


def _decoded(parts: list[Part], chosen: list[list[ImageFile]], image_size: int) -> list[Decoded]:
    return [decode_images(files, p.root, _cut(p, files), image_size) for files, p in zip(chosen, parts, strict=True)]


def _cut(part: Part, files: list[ImageFile]) -> Cut:
    return part.cut if isinstance(part.cut, Crop) else [part.cut[file.path] for file in files]


def _narrowed(part: Part, classes: tuple[str, ...]) -> Part:
    """Keep the cells of ``classes`` whose bytes the source does not file under two folders."""
    folders: dict[bytes, set[str]] = {}
    for path, digest in part.digests.items():
        folders.setdefault(digest, set()).add(Path(path).parent.name)
    torn = {path for path, digest in part.digests.items() if len(folders[digest]) > 1}

    def label(path: str) -> str:
        name = part.label(path)
        return name if name in classes and path not in torn else ""

    return part._replace(label=label, files=[f for f in part.files if label(f.path)])


def _choose(part: Part, per_class: int | None, seed: int) -> list[ImageFile]:
    rows = choose(np.array([part.label(f.path) for f in part.files], np.str_), per_class, seed)
    return [part.files[i] for i in rows]


def _without_copies(decoded: list[Decoded]) -> NDArray[np.int64]:
    """Return the first of images that look alike at one fixed size, ascending positions."""
    pixels = np.concatenate([d.pixels for d in decoded])
    bags = ImageBags(pixels, np.arange(len(pixels) + 1, dtype=np.int64))
    return np.flatnonzero(~pd.Series(groups(bags)).duplicated())


def _provenance(parts: list[Part], decoded: list[Decoded]) -> Provenance:
    """Compare all wanted cells, chosen or not, with the manifests: an absent one changes the choice."""
    each = [part.provenance(part, d.skipped) for part, d in zip(parts, decoded, strict=True)]
    return Provenance(
        source="; ".join(dict.fromkeys(p.source for p in each)),
        version="; ".join(dict.fromkeys(p.version for p in each)),
        licence="; ".join(dict.fromkeys(f"{part.folder}: {p.licence}" for part, p in zip(parts, each, strict=True))),
        modified=any(p.modified for p in each),
        absent=tuple(f"{part.domain}: {a}" for part, p in zip(parts, each, strict=True) for a in p.absent),
        skipped=tuple(f"{part.folder}/{s}" for part, p in zip(parts, each, strict=True) for s in p.skipped),
    )
