"""What every page of a public dataset says, and which pages have published figures beside them."""

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
    cellxgene, golub, h5ad, leukemia_cross, matek_lmu, mll23, pbmc68k, raabin, tcga_laml, wbc_cross, wbc_zheng, wbcatt,
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
