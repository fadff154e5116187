"""Contrast of the site's colours in both schemes, computed as WCAG 2.2 says (success criteria 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from leaderboard.pages.templating import STYLE, asset
from leaderboard.pictures.picture import COLOURS

LIGHT, DARK = re.findall(r":root \{([^}]*--ink[^}]*)\}", asset(STYLE))
TEXT, GRAPHIC = 4.5, 3.0
WRITTEN = [
    ("ink", "paper"), ("ink", "head"), ("faint", "paper"), ("faint", "head"), ("link", "paper"), ("link", "head"),
    ("warn", "warn-paper"),
]  # fmt: skip


def scheme(text: str) -> dict[str, NDArray[np.float64]]:
    """Return variable -> red, green, blue in [0, 1]; what the dark scheme leaves out is as in the light one."""
    told = dict(re.findall(r"--([\w-]+): #([0-9a-f]+)", text))
    full = {name: code if len(code) == 6 else "".join(c * 2 for c in code) for name, code in told.items()}
    return {name: np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)]) / 255 for name, code in full.items()}


def contrast(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Return the ratio of relative luminances, 1 to 21."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    lit = sorted(
        float(weights @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)) for rgb in (one, two)
    )
    return (lit[1] + 0.05) / (lit[0] + 0.05)


def test_the_formula_gives_the_known_ratios() -> None:
    black, white, grey = np.zeros(3), np.ones(3), np.full(3, 0x76 / 255)
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(grey, white) == pytest.approx(4.54, abs=0.01)  # the darkest grey that WCAG's authors name


@pytest.mark.parametrize("text", [LIGHT, DARK], ids=["light", "dark"])
def test_words_and_marks_stand_out(text: str) -> None:
    colours = scheme(text)
    weak = {(a, b): contrast(colours[a], colours[b]) for a, b in WRITTEN}
    assert min(weak.values()) >= TEXT, weak
    marks = {f"c{i}": contrast(colours[f"c{i}"], colours["paper"]) for i in range(len(COLOURS))}
    assert min(marks.values()) >= GRAPHIC, marks
    full = (colours["c0"] + colours["paper"]) / 2  # the fullest cell of a confusion matrix
    assert contrast(colours["ink"], full) >= TEXT


def test_the_schemes_define_the_same_colours_and_pictures_use_the_light_ones() -> None:
    light, dark = scheme(LIGHT), scheme(DARK)
    assert set(light) == set(dark)
    for i, code in enumerate(COLOURS):
        assert (scheme(f"--x: {code}")["x"] == light[f"c{i}"]).all()
