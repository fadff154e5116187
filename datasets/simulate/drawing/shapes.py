"""Outlines of cells and nuclei as radius against angle, in units that the caller scales."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.drawing.canvas import ANGLES, N_ANGLES, nearest_angle
from datasets.simulate.drawing.cells import SHAPES

Floats = NDArray[np.float32]
_HARMONICS = np.arange(2, 9)
_WAVES = np.vstack([np.cos(np.outer(_HARMONICS, ANGLES)), np.sin(np.outer(_HARMONICS, ANGLES))]).astype(np.float32)
_SINE, _COSINE = np.sin(ANGLES), np.cos(ANGLES)
_CELL_WOBBLE = np.array([0.070, 0.045, 0.030, 0.020, 0.014, 0.010, 0.008])
_NUCLEUS_WOBBLE = np.array([0.050, 0.040, 0.026, 0.018, 0.012, 0.009, 0.007])
_FLAT_SIDES = 3
_FITS = 4
# stretch along the axis, first notch: depth and sharpness, opposite notch: depth and sharpness, wobble
_NUCLEUS = {
    "round": (0.03, 0.04, 3.0, 0.00, 1.0, 0.8),
    "reniform": (0.07, 0.46, 3.5, 0.00, 1.0, 0.9),
    "bilobed": (0.14, 0.66, 9.0, 0.52, 10.0, 0.8),
    "folded": (0.08, 0.46, 22.0, 0.16, 6.0, 1.8),
    "pelger": (0.22, 0.84, 5.0, 0.84, 5.0, 0.4),
    "oval": (0.12, 0.12, 2.5, 0.00, 1.0, 0.9),
    "lobed": (0.10, 0.00, 1.0, 0.00, 1.0, 1.0),
    "smudge": (0.16, 0.20, 6.0, 0.15, 5.0, 2.6),
}
NUCLEUS_DRAWS = 2 * len(_HARMONICS) + 6
OUTLINE_DRAWS = 2 * len(_HARMONICS) + 2 * _FLAT_SIDES + 10


def _wobble(u: NDArray[np.float64], amplitude: NDArray[np.float64]) -> Floats:
    """Return smooth relative deviations from a circle, (b, N_ANGLES), from (b, 2 * harmonics) uniforms."""
    size, phase = np.split(u, 2, axis=1)
    size, turn = amplitude * (0.25 + 1.5 * size), 2 * np.pi * phase
    coefficients = np.hstack([size * np.cos(turn), -size * np.sin(turn)]).astype(np.float32)
    return np.einsum("bk,ka->ba", coefficients, _WAVES)


def _bump(angle: NDArray, sharpness: NDArray) -> Floats:
    """Return a bump of height 1 at ``angle``, (b, N_ANGLES)."""
    away = np.cos(ANGLES - angle[:, None].astype(np.float32)) - 1
    return np.exp(sharpness[:, None].astype(np.float32) * away)


def _to_area(profile: Floats, area: NDArray) -> Floats:
    """Scale outlines to the area asked for."""
    now = 0.5 * (profile**2).sum(axis=1) * (2 * np.pi / N_ANGLES)
    return profile * np.sqrt(area / now)[:, None].astype(np.float32)


def cell_outline(u: NDArray[np.float64], area: NDArray, bleb: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return radii with and without blebs, (b, N_ANGLES) each: an irregular disc of ``area``, flattened in places.

    Args:
        u: Uniforms, (b, OUTLINE_DRAWS).
        area: Without blebs, (b,).
        bleb: Which cells have one to three of them.
    """
    waves, sides = 2 * len(_HARMONICS), 2 * _FLAT_SIDES
    body = _to_area(_pressed(1 + _wobble(u[:, :waves], _CELL_WOBBLE), u[:, waves : waves + sides]), area)
    outline, rows = body.copy(), np.flatnonzero(bleb)
    u = u[rows, -10:]
    for k in range(3):
        present = u[:, 0] > (0.0, 0.45, 0.8)[k]
        angle, height, width = (u[:, 3 * k + 1 + j] for j in range(3))
        size = (present * (0.09 + 0.10 * height)).astype(np.float32)[:, None]
        outline[rows] += body[rows] * size * _bump(2 * np.pi * angle, 45 + 60 * width)
    return outline, body


def _pressed(profile: Floats, u: NDArray[np.float64]) -> Floats:
    """Flatten outlines a little, as neighbours on the film do; no side is straight and no corner sharp."""
    turn, depth = np.split(u, 2, axis=1)
    turn = 2 * np.pi * (turn[:, :1] + (np.arange(_FLAT_SIDES) + 0.7 * turn) / _FLAT_SIDES)
    sharp = 1 / _power_8(profile)
    for k in range(_FLAT_SIDES):
        away = np.maximum(np.cos(ANGLES - turn[:, k : k + 1].astype(np.float32)), 0)
        sharp += _power_8(away / (0.90 + 0.50 * depth[:, k : k + 1]).astype(np.float32))
    return np.asarray(1 / np.sqrt(np.sqrt(np.sqrt(sharp))), dtype=np.float32)


def _power_8(x: NDArray) -> NDArray:
    """Return x**8 by squaring: numpy's own power differs in last bits between processors."""
    for _ in range(3):
        x = x * x
    return x


def fit_inside(nucleus: Floats, shift: NDArray, cell: Floats, margin: np.float32, area: NDArray) -> Floats:
    """Return nuclear outlines cut at ``margin`` inside the cell and swollen elsewhere to keep their ``area``.

    Args:
        nucleus: Radii about the nucleus' centre, (b, N_ANGLES).
        shift: Row and column of that centre from the cell's, (b, 2).
        cell: Radii about the cell's centre.
        margin: Cytoplasm to leave everywhere.
        area: Wanted, (b,).
    """
    for _ in range(_FITS):
        nucleus = _to_area(_cut(nucleus, shift, cell - margin), area)
    return _cut(nucleus, shift, cell - margin)


def _cut(nucleus: Floats, shift: NDArray, limit: Floats) -> Floats:
    down = nucleus * _SINE + shift[:, :1].astype(np.float32)
    across = nucleus * _COSINE + shift[:, 1:].astype(np.float32)
    index = nearest_angle(down, across) % N_ANGLES
    excess = np.hypot(down, across) / np.take_along_axis(limit, index, axis=1)
    return np.asarray(nucleus / np.maximum(excess, 1), dtype=np.float32)


def nucleus_outline(u: NDArray[np.float64], shape: NDArray[np.int64], area: NDArray, facing: NDArray) -> Floats:
    """Return radii, (b, N_ANGLES), of nuclei whose notch looks towards the angle ``facing`` (b,).

    Args:
        u: Uniforms, (b, NUCLEUS_DRAWS).
        shape: Position in ``SHAPES``.
        area: Nuclear area, (b,).
        facing: Direction of the widest cytoplasm, radians.
    """
    table = np.array([_NUCLEUS[name] for name in SHAPES], np.float32)[shape]
    stretch, depth, sharp, far_depth, far_sharp, wobble = table.T[:, :, None]
    notch = facing + (u[:, -1] - 0.5) * 1.0
    opposite = notch + np.pi + (u[:, -2] - 0.5) * 0.9
    profile = 1 + wobble * _wobble(u[:, :-6], _NUCLEUS_WOBBLE)
    dose = u.astype(np.float32)[:, :, None]
    profile -= stretch * (0.6 + 0.8 * dose[:, -3]) * np.cos(2 * (ANGLES - notch[:, None].astype(np.float32)))
    profile -= np.minimum(depth * (0.75 + 0.4 * dose[:, -5]), 0.9) * _bump(notch, sharp[:, 0])
    profile -= np.minimum(far_depth * (0.75 + 0.4 * dose[:, -4]), 0.9) * _bump(opposite, far_sharp[:, 0])
    return _to_area(np.maximum(profile, 0.06), area)


def segments(u: NDArray[np.float64], radius: NDArray, centre: NDArray) -> tuple[Floats, Floats]:
    """Return discs along a bent thread, the lobes of a neutrophil: centres (b, 12, 2) and radii (b, 12) in px.

    Args:
        u: Uniforms, (b, NUCLEUS_DRAWS).
        radius: Radius in px of a disc with the nucleus' area.
        centre: Row and column in px, (b, 2).
    """
    t = np.linspace(-1, 1, 12)
    lobes = 2.6 + 1.8 * u[:, :1]
    turn = (1.7 + 1.0 * u[:, 1:2]) * t + 2 * np.pi * u[:, 2:3]
    arm = radius[:, None] * (0.95 + 0.25 * u[:, 3:4] * np.cos(3 * t + 6 * u[:, 4:5]))
    swell = 0.5 + 0.5 * np.cos(2 * np.pi * (t + 1) / 2 * lobes + 6.28 * u[:, 5:6])
    width = radius[:, None] * (0.16 + 0.40 * swell)
    place = np.stack([arm * np.sin(turn), arm * np.cos(turn)], axis=2)
    place -= place.mean(axis=1, keepdims=True) * 0.6
    return (centre[:, None, :] + place).astype(np.float32), width.astype(np.float32)


def rods(u: NDArray[np.float64], auer: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Return Auer rods about their centre: offset (b, 5) and length (b, 5) in micrometres, turn (b, 5) in radians.

    One rod, or a faggot of three to five that lie nearly parallel; length 0 leaves a rod out.
    """
    b = len(auer)
    k = np.arange(5)
    count = np.where(auer == 1, 1, np.where(auer == 2, 3 + np.floor(3 * u[:, 0]), 0))
    length = np.where(k < count[:, None], 3.0 + 2.6 * u[:, 1:6], 0.0)
    offset = np.where(auer[:, None] == 2, (k - 2) * 0.85 + 0.5 * (u[:, 6:11] - 0.5), np.zeros((b, 5)))
    turn = np.where(auer[:, None] == 2, 0.7 * (u[:, 11:16] - 0.5), np.zeros((b, 5)))
    return offset.astype(np.float32), length.astype(np.float32), turn.astype(np.float32)
