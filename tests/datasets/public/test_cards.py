"""What every page of a public dataset says, and which pages have published figures beside them."""

import inspect
from dataclasses import fields

import pytest

from datasets.card import Card
from datasets.public import (
    acevedo,
    all_chiaretti,
    aml_hehr,
    amlsg,
    apl_jhu,
    apl_labs,
    bccd,
    beataml,
    bloodmnist,
    bone_marrow_mll,
    c_nmc,
    cellxgene,
    golub,
    leukemia_cross,
    leukemia_hgu95av2,
    matek_lmu,
    mll23,
    pbmc68k,
    raabin,
    tcga_laml,
    wbc_cross,
    wbc_zheng,
    wbcatt,
)
from datasets.read import h5ad

MODULES = (
    acevedo, all_chiaretti, aml_hehr, amlsg, apl_jhu, apl_labs, bccd, beataml, bloodmnist, bone_marrow_mll, c_nmc,
    cellxgene, golub, h5ad, leukemia_cross, leukemia_hgu95av2, matek_lmu, mll23, pbmc68k, raabin, tcga_laml, wbc_cross,
    wbc_zheng, wbcatt,
)  # fmt: skip
WITH_FIGURES = {
    "acevedo", "aml-hehr", "apl-labs", "bccd", "bloodmnist", "c-nmc", "golub", "pbmc68k", "raabin", "wbc-cross",
}  # fmt: skip


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.NAME)
def test_a_page_says_everything_and_warns(module):
    card = module.CARD
    for field in fields(Card):
        if field.name not in ("doi", "references"):
            assert getattr(card, field.name), field.name
    assert all(trap.endswith(".") for trap in card.traps)
    assert card.doi == "" or card.doi.startswith("10.")


def test_pages_with_published_figures_have_them():
    assert {module.NAME for module in MODULES if module.CARD.references} == WITH_FIGURES
    for figure in (figure for module in MODULES for figure in module.CARD.references):
        assert figure.result and figure.protocol and figure.citation


KFOLD, IMAGES = {"scheme": "kfold", "folds": 5}, {"scheme": "images", "folds": 5}
CHOSEN = {"image_size": 64, "per_class": None, "seed": 0}
# Name -> the split that results are reported for, and what ``load`` takes where nothing is said.
DEFAULTS = {
    "acevedo": (IMAGES, {"image_size": 64, "crop": 200, "subtypes": False}),
    "all-chiaretti": (KFOLD, {}),
    "aml-hehr": (KFOLD, {"image_size": 64, "crop": 144, "target": "subtype", "controls": False, "per_bag": None,
                         "seed": 0}),
    "amlsg": (KFOLD, {}),
    "apl-jhu": ({"scheme": "plan", "plan": "apl-jhu-kfold5"}, {"image_size": 64, "crop": 300}),
    "apl-labs": ({"scheme": "plan", "plan": "apl-labs-official"}, {}),
    "bccd": (IMAGES, {"image_size": 64, "side": 240, "basophils": False}),
    "beataml": (KFOLD, {"target": "pml-rara"}),
    "bloodmnist": ({"scheme": "published"}, {"image_size": 28}),
    "bone-marrow-mll": (IMAGES, CHOSEN | {"crop": 250}),
    "c-nmc": ({"scheme": "published", "folds": 5}, CHOSEN | {"crop": 450}),
    "cellxgene": (KFOLD, {}),
    "golub": ({"scheme": "official", "train_domains": ["training"], "folds": 5}, {}),
    "h5ad": (KFOLD, dict.fromkeys(("path", "label", "patient", "domain", "layer", "gene_column"), "")
             | {"normalise": "none"}),
    "leukemia-cross": ({"scheme": "leave-one-domain-out"}, {}),
    "leukemia-hgu95av2": (KFOLD, {}),
    "matek-lmu": (IMAGES, CHOSEN | {"crop": 400}),
    "mll23": (IMAGES, CHOSEN | {"crop": 288}),
    "pbmc68k": (IMAGES, {}),
    "raabin": ({"scheme": "official", "folds": 5, "train_domains": ["Train"]}, CHOSEN | {"crop": 575}),
    "tcga-laml": (KFOLD, {"target": "pml-rara"}),
    "wbc-cross": ({"scheme": "leave-one-domain-out"},
                  CHOSEN | {"domains": "Acevedo, JHU, Zheng-1, Zheng-2", "basophils": False, "per_class": 300}),
    "wbc-zheng": ({"scheme": "leave-one-domain-out"}, {"image_size": 64}),
    "wbcatt": ({"scheme": "published"}, {"image_size": 64, "crop": 200}),
}  # fmt: skip
# Name -> files of a complete copy as the page of the source counts them, by pattern.
COUNTED = {
    "all-chiaretti": {"**/ALL.rda": 1},
    "aml-hehr": {"**/*.tif": 81_214, "**/metadata*": 1},
    "bccd": {"JPEGImages/*.jpg": 364, "Annotations/*.xml": 364, "labels.csv": 1},
    "bone-marrow-mll": {"**/*.jpg": 171_374},
    "c-nmc": {
        "**/fold_0/*/*.bmp": 3527, "**/fold_1/*/*.bmp": 3581, "**/fold_2/*/*.bmp": 3553,
        "**/C-NMC_test_prelim_phase_data/**/*.bmp": 1867, "**/C-NMC_test_prelim_phase_data_labels.csv": 1,
    },
    "matek-lmu": {"**/*.tiff": 18_365, "**/annotations.dat": 1},
    "raabin": {"**/*.jpg": None},
}  # fmt: skip
# Name -> files that are fetched one by one, their bytes where the source tells them, how many have a known digest, and
# the list of the others.
PINNED = {
    "acevedo": (0, 0, 0, "acevedo.parquet"),
    "amlsg": (3, 0, 0, ""),
    "apl-jhu": (1, 0, 0, "apl-jhu.parquet"),
    "apl-labs": (3, 58_891 + 1524, 2, ""),
    "beataml": (3, 488_278 + 281_337_180 + 3_668_996, 3, ""),
    "bloodmnist": (1, 0, 1, ""),
    "golub": (3, 2_046_726 + 1_863_440 + 511, 3, ""),
    "leukemia-hgu95av2": (2, 3_717_618 + 212, 2, ""),
    "mll23": (18, 0, 0, ""),
    "pbmc68k": (1, 1_772_368, 1, ""),
    "tcga-laml": (1, 244_012, 1, ""),
    "wbc-zheng": (0, 0, 0, "wbc-zheng.parquet"),
    "wbcatt": (3, 913_486 + 152_836 + 459_041, 3, ""),
}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.NAME)
def test_what_is_taken_where_nothing_is_said(module):
    taken = {k: p.default for k, p in inspect.signature(module.load).parameters.items() if k != "data_root"}
    assert (module.SPLIT, taken) == DEFAULTS[module.NAME]


def test_files_of_a_complete_copy_are_counted_and_those_that_are_known_are_pinned():
    sources = {module.NAME: module.SOURCE for module in MODULES if hasattr(module, "SOURCE")}
    counted = {name: {e.pattern: e.count for e in getattr(source, "expected", ())} for name, source in sources.items()}
    assert {name: files for name, files in counted.items() if files} == COUNTED
    pinned = {
        name: (len(source.files), sum(f.size or 0 for f in source.files),
               sum(bool(f.sha256 or f.md5) for f in source.files), getattr(source, "manifest", ""))
        for name, source in sources.items()
    }  # fmt: skip
    assert {name: facts for name, facts in pinned.items() if facts != (0, 0, 0, "")} == PINNED
    assert {name for name, source in sources.items() if getattr(source, "registration", False)} == {"bccd"}
    unpacked = {file.path: file.unpack for source in sources.values() for file in getattr(source, "files", ())}
    assert {path for path, depth in unpacked.items() if depth is not None} == {f"{name}.zip" for name in mll23.CLASSES}
    assert all(depth in (0, None) for depth in unpacked.values())
