"""Slides of each site from the numbers drawn for them, with the turn of the stain written out."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from datasets.simulate.drawing.stain import OPTICS, colour, pigment_vectors, prepare_slide
from tests.datasets.simulate.drawing.bags import uniforms

SITES = {  # gains and their spread, degrees, shift, white balance and its spread, pixels, whether slides differ
    "A": ((1, 1, 1, 1, 1), 0.10, 0, 0, (1.04, 0.975, 0.855), 0, (0.16, 0.16), False),
    "B": ((0.85, 1, 1.25, 1, 1.1), 0.10, 4, 0.10, (1.03, 0.985, 0.90), 0, (0.18, 0.18), False),
    "C": ((1.15, 0.85, 0.8, 0.85, 0.9), 0.15, 4, 0.15, (1.03, 0.985, 0.90), 0.025, (0.13, 0.22), True),
}
PICTURES = {  # point spread, defocus, electrons, JPEG, vignette, black bars, artefacts, cropping
    "A": (0.15, 0.2, 12_000, None, 0.03, 0, 0.03, 0.32),
    "B": (0.18, 0.3, 8_000, (92, 92), 0.05, 0, 0.05, 0.64),
    "C": (0.25, 0.4, 5_000, (55, 85), 0.10, 0.05, 0.12, 1.28),
}
STAINS = (  # measured optical densities of azure B, its complex with eosin, eosin; azurophil and haemoglobin; RGB
    (0.834750233, 0.513556283, 0.196330403),
    (0.46, 0.84, 0.29),
    (0.092789, 0.954111, 0.283111),
    (0.26, 0.92, 0.30),
    (0.10, 0.60, 0.79),
)


class _Drawn:
    def __init__(self, u):
        self.u = u

    def random(self, count):
        assert count == len(self.u)
        return self.u


def _turned(vector, degrees):
    """Return a vector turned about the grey axis, by Rodrigues' formula."""
    axis, angle = np.full(3, 3**-0.5), np.deg2rad(degrees)
    part = axis * (axis @ vector) * (1 - np.cos(angle))
    return vector * np.cos(angle) + np.cross(axis, vector) * np.sin(angle) + part


@pytest.mark.parametrize("ends", [False, True], ids=["usual", "far"])
@pytest.mark.parametrize("site", SITES)
def test_a_slide_is_what_its_numbers_say(site, ends):
    gain, sd, degrees, shift, white, white_sd, pixels, differ = SITES[site]
    u = uniforms(11, 14)
    if ends:
        u[[5, 12]], u[6] = (0.0, 0.9), 1.0
    slide = prepare_slide(OPTICS[site], _Drawn(u))
    z = stats.norm.ppf(np.clip(u, 1e-9, 1 - 1e-9))
    tilt = 2 * u[12] - 1 if differ else 1
    for k in range(5):
        amount = gain[k] * np.exp(sd * z[k]) * (1 + tilt * shift * (-1, 0, 1, 0, 0)[k])
        one = np.array(STAINS[k]) / np.linalg.norm(STAINS[k])
        turned = np.maximum(_turned(one, degrees * (z[5] if differ else 1)), 0.01)
        np.testing.assert_allclose(slide.vectors[k], amount * turned, rtol=1e-5)
    np.testing.assert_allclose(slide.white_balance, np.array(white) + white_sd * z[6:9], rtol=1e-5)
    assert slide.um_per_px == pytest.approx(pixels[0] + (pixels[1] - pixels[0]) * u[9])
    assert slide.red_cells == pytest.approx(0.35 + 0.5 * u[10])
    assert slide.pallor == pytest.approx(0.25 + 0.45 * u[11])


@pytest.mark.parametrize("site", SITES)
def test_cameras_are_those_of_the_design(site):
    optics = dataclasses.asdict(OPTICS[site])
    names = ("psf_um", "defocus_um", "electrons", "jpeg", "vignette", "black_bar", "artefact", "crop_um")
    assert tuple(optics[name] for name in names) == PICTURES[site]


def test_light_falls_tenfold_with_each_unit_of_density():
    np.testing.assert_allclose(np.linalg.norm(pigment_vectors(), axis=1), 1)
    amounts = np.random.default_rng(0).random((2, 5))
    lamp, vectors = np.array([0.97, 0.96, 0.95]), np.array(STAINS) / np.linalg.norm(STAINS, axis=1)[:, None]
    np.testing.assert_allclose(colour(amounts), lamp * 10 ** -(amounts @ vectors))
    twice = colour(amounts, 2 * vectors)
    np.testing.assert_allclose(twice / lamp, (colour(amounts) / lamp) ** 2)
