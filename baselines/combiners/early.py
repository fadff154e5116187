"""The part ``combiner = "early"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic import (
    UNCHANGED,
    Blocks,
    Calibration,
    Fitted,
    Learner,
    Learners,
    Table,
    among,
    fit_calibration,
    held_out_ratios,
    join,
    log_ratios,
    posterior,
)
from baselines.patients import patient_shares


@dataclass(frozen=True, kw_only=True)
class Early:
    """One learner on the columns of all modalities side by side.

    Args:
        calibrate: Sharpen or flatten its probabilities, and weigh the class shares, by the log-loss on patients that
            it had not seen (five inner folds of train).
    """

    calibrate: bool = True

    def fit(self, learners: Learners, train: Blocks, valid: Blocks, seed: int) -> EarlyFitted:
        """Fit the learner once.

        Raises:
            ValueError: If a modality has a learner of its own, or a table has a row a cell.
        """
        if learners.own:
            raise ValueError(
                f"combiner=early has one learner for all columns, but {', '.join(learners.own)} has one of its own; "
                "leave blocks_... out, or choose combiner=product"
            )
        table, judge = train.joined(), valid.joined()
        fitted = learners.usual.fit(table, judge, seed)
        settled = getattr(fitted, "settled", None) or learners.usual
        found = _calibration(settled, table, seed) if self.calibrate else UNCHANGED
        return EarlyFitted(fitted, Learners(settled, {}), table.prior, found)


@dataclass(frozen=True)
class EarlyFitted:
    """The learner, fitted on the joined table, the class shares that it learned from and its calibration."""

    fitted: Fitted
    settled: Learners
    prior: NDArray[np.float64]
    calibration: Calibration

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return what the report says of the fit."""
        return {**self.fitted.facts, **self.calibration._asdict()}

    def predict_proba(self, tables: Mapping[str, pd.DataFrame], n: int) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        proba = self.fitted.predict_proba(join(tables))
        if self.calibration == UNCHANGED:
            return proba
        known = self.prior > 0
        evidence = np.zeros_like(proba)
        evidence[:, known] = self.calibration(log_ratios(proba, self.prior)[:, known], np.log(self.prior[known]))
        return posterior(evidence, self.prior)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: calibration is a matter of honesty, not of tuning."""
    return {}


def _calibration(learner: Learner, train: Table, seed: int) -> Calibration:
    rows, ratios = held_out_ratios(learner, train, seed)
    if not len(rows):
        return UNCHANGED
    known = train.prior > 0
    y = among(train.y[rows], known)
    return fit_calibration(ratios[:, known], np.log(train.prior[known]), y, patient_shares(train.patient[rows]))
