"""The line of a failure names the exception as its author does, without where the class lies."""

import pytest

from benchmark.trials.failure_text import failure_line, failure_text
from datasets.cohort import CohortError
from datasets.errors import NotApplicable
from datasets.features.pretrained_weights import WeightsError


class Own(Exception):
    """An exception of a file outside the packages."""


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return failure_text(caught)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("bad value: a.b.C: x"), "ValueError: bad value: a.b.C: x"),
        (WeightsError("cells.weights=x: no such file"), "WeightsError: cells.weights=x: no such file"),
        (CohortError("y", "is wrong"), "CohortError: y: is wrong."),
        (NotApplicable("no rule"), "NotApplicable: no rule"),
        (Own("first\nsecond"), "Own: first"),
        (Own(), "Own"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_the_class_is_named_plainly(error, line):
    assert failure_line(raised(error)) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("TimeoutError: used 3 s\n", "TimeoutError: used 3 s"),
        ("Traceback\n  x\nmodels.x.Größe: zu groß", "Größe: zu groß"),
        ("a sentence. Another: one", "a sentence. Another: one"),
        ("see models.images: it is there", "see models.images: it is there"),
    ],
)
def test_what_is_no_class_stays(text, line):
    assert failure_line(text) == line
