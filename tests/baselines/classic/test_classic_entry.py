"""The skeleton of classic entries: which views are used, what is refused, and when a view is fitted anew."""

import numpy as np
import pandas as pd
import pytest

from baselines.classic.classic_entry import ClassicEntry
from baselines.combiners.product import Product
from baselines.learners.naive_bayes import NaiveBayes
from datasets.errors import NotApplicable
from tests.toy import toy_cohort

TRAIN, NEW = toy_cohort(n=30, images=False, missing=0), toy_cohort(n=12, images=False, missing=0, seed=1)


class Genes:
    """Hand on the first genes, and remember what was learned from."""

    def __init__(self, group="genes", width=2, **told):
        self.group, self.width, self.sizes = group, width, []
        vars(self).update(told)

    def lacking(self, cohort):
        return "" if cohort.genes is not None else f"table of {self.group}"

    def fit(self, train):
        self.sizes.append(len(train))
        names = [f"{self.group}:{j}" for j in range(self.width)]
        return lambda cohort: pd.DataFrame(cohort.genes[:, : self.width].astype(float), columns=names)


def entry(own=None, **views):
    learners = {"blocks": NaiveBayes(), **(own or {})}
    return ClassicEntry(name="mine", parts={**views, **learners, "combiner": Product()}, seed=3)


def test_the_report_says_what_was_used():
    plain, kept = Genes("clinical", 3), Genes("genes", 2, kept_features=True)
    report = entry(clinical=plain, genes=kept, cells=None).fit(TRAIN, NEW).report_
    assert (report["n_features"], report["groups"], report["kept_features"]) == (5, ["clinical", "genes"], True)
    assert set(report["blocks"]) == {"clinical", "genes"}
    assert entry(clinical=plain).fit(TRAIN, NEW).report_["kept_features"] is False


def test_views_that_read_labels_are_fitted_anew_in_every_inner_fold_and_no_others():
    plain, reads = Genes("clinical"), Genes("genes", reads_labels=True)
    entry(clinical=plain, genes=reads).fit(TRAIN, NEW)
    assert plain.sizes == [30] and reads.sizes == [30] + [24] * 5


def test_a_slot_has_its_own_learner_and_is_read_in_the_order_of_slots():
    own = NaiveBayes(pooling=7.0)
    made = entry({"blocks_cells": own}, cells=Genes("differential"), clinical=Genes("clinical"))
    assert list(made.views) == ["clinical", "cells"] and made.seed == 3
    assert made.learners.of("differential") is own and made.learners.of("clinical") == NaiveBayes()


def test_what_cannot_be_done_is_refused_by_name():
    none = toy_cohort(n=30, images=False, genes=False)
    with pytest.raises(NotApplicable, match=r"mine: dataset 'toy' has no table of a, no table of b, and this entry"):
        entry(clinical=Genes("a"), genes=Genes("b")).fit(none, none)
    views = {"clinical": Genes("a", lacking=lambda cohort: ""), "genes": Genes("b")}
    with pytest.raises(NotApplicable, match=r"mine: dataset 'toy' has no table of b, and this entry reads the b"):
        entry(**{**views, "genes": Genes("b", required=True)}).fit(none, none)
    fitted = entry(clinical=Genes("a"), genes=Genes("b", required=True)).fit(TRAIN, NEW)
    with pytest.raises(ValueError, match=r"cohort 'toy' lacks \['a', 'b'\], which the training cohort had"):
        fitted.predict_proba(none)
    assert fitted.predict_proba(NEW[np.array([], dtype=int)]).shape == (0, 3)


def test_learning_anew_reads_everybody_and_nobody_judges():
    seen = []

    class Listener(NaiveBayes):
        def fit(self, train, valid, seed):
            seen.append((len(train.X), len(valid.X), seed))
            return super().fit(train, valid, seed)

    made = entry({"blocks": Listener()}, genes=Genes()).fit(TRAIN, NEW)
    assert seen[0] == (30, 12, 3)
    seen.clear()
    made.refit(TRAIN)
    assert seen[0] == (30, 0, 3)
