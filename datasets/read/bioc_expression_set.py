"""Read an ExpressionSet of Bioconductor from an .rda file without R; nothing in the file is executed."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from datasets.errors import CohortError
from datasets.read.rda_file import BROKEN


class ExpressionSet(NamedTuple):
    """Values, one row a sample and one column a probe; samples, one row each, same order."""

    values: pd.DataFrame
    samples: pd.DataFrame


def read_expression_set(path: Path) -> ExpressionSet:
    """Read the one ExpressionSet of an .rda file.

    Raises:
        CohortError: If the file is no .rda file or holds something else.
    """
    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # files of old R do not say their encoding
        try:
            parsed = rdata.parser.parse_file(path, extension=".rda")
            slots = _pairs(parsed.object.value[0].attributes)
            measured = _pairs(slots["assayData"].value.frame)["exprs"]
            described = _pairs(slots["phenoData"].attributes)["data"]
        except BROKEN as error:
            raise CohortError(path.name, f"cannot be read as an ExpressionSet in .rda format: {error!r}") from error
        values, samples = (rdata.conversion.convert(replace(parsed, object=part)) for part in (measured, described))
    table = values.to_pandas().T
    if not table.index.equals(pd.Index(samples.index)):
        raise CohortError(path.name, "expression and samples are not of the same patients in the same order")
    return ExpressionSet(table, samples)


def _pairs(node: Any) -> dict[str, Any]:
    """Return the tagged values of a linked list of R."""
    found = {}
    while node is not None and isinstance(node.value, tuple):
        tag = node.tag.referenced_object or node.tag
        found[tag.value.value.decode()] = node.value[0]
        node = node.value[1]
    return found
