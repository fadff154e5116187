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


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def test_an_exception_that_cannot_say_anything_is_named():
    assert raised(Mute()) == "Mute: (its own text cannot be shown: RuntimeError)\n"


@pytest.mark.parametrize("extra", [0, 1, 50_000])
def test_the_middle_of_an_endless_text_is_left_out(extra):
    whole = failure_text(ValueError(""))
    length = 20_000 - len("ValueError: ") + extra
    text = failure_text(ValueError("".join(chr(97 + i % 26) for i in range(length))))
    full = "ValueError: " + "".join(chr(97 + i % 26) for i in range(length))
    assert whole == "ValueError\n"
    if extra == 0:
        assert text == full + "\n"
    else:
        assert text == f"{full[:10_000]}\n...\n{full[-10_000:]}\nValueError: {full[12:]}\n"


def test_what_no_encoding_holds_is_kept_as_its_number():
    assert raised(ValueError("a\udc80")).endswith("ValueError: a\\udc80\n")
    assert raised(Own("first\udc80\nsecond")).endswith("second\nOwn: first\\udc80\n")
