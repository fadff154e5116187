"""Which pixels of a generated cell say what its class is: the evidence of each trait, laid where the trait shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from datasets.cohort import Truth
from datasets.simulate.shared import ComponentMasks

BAND_UM = 1.5
Masks = NDArray[np.bool_]


def information_map(truth: Truth, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return where the evidence lies in some images, float32 (len(rows), H, W), in nats a pixel.

    W(p) = sum over traits k of |llr_k| [p in support_k] / |support_k|, so a map sums to the evidence of
    the traits that can be seen in it; a trait that shows nowhere in the image adds nothing. Below 28 pixels across
    thin things (Auer rods, the smallest nucleoli and blebs) can fill no pixel by half: they then have no support.

    Args:
        truth: With ``traits`` (and their ``um_per_px``), ``evidence`` and ``masks`` of a generated cohort.
        rows: Positions in ``images.pixels``, int64.

    Raises:
        ValueError: If the truth lacks one of these, or has evidence of a trait without a support.
    """
    if truth.traits is None or truth.evidence is None or not isinstance(truth.masks, ComponentMasks):
        raise ValueError("an information map needs truth.traits, truth.evidence and truth.masks of a generated cohort")
    where = supports(ComponentMasks(truth.masks.bits[rows]), truth.traits.iloc[rows])
    amounts = truth.evidence.iloc[rows]
    unknown = sorted(set(amounts.columns) - set(where))
    if unknown:
        raise ValueError(f"truth.evidence has {', '.join(unknown)}; supports are known of {', '.join(where)}")
    total = np.zeros((len(rows), *truth.masks.bits.shape[1:]), np.float32)
    for trait in amounts.columns:
        support = where[trait]
        size = np.maximum(support.sum(axis=(1, 2)), 1)
        total += support * (amounts[trait].to_numpy() / size).astype(np.float32)[:, None, None]
    return total


def supports(masks: ComponentMasks, traits: pd.DataFrame) -> dict[str, Masks]:
    """Return trait -> pixels where it shows, bool (n, H, W) each.

    Absence is evidence over the whole place where the thing could have been: without an Auer rod the
    cytoplasm, without nucleoli the nucleus, without blebs the outline of the cell. Nothing shows under a black bar
    or under a deposit beside the cell.

    Args:
        masks: Components of n images.
        traits: Latent values of the same images, with ``um_per_px``.
    """
    cytoplasm, nucleus = masks["cytoplasm"], masks["nucleus"]
    um, covered = traits["um_per_px"].to_numpy(), masks["artefact"]
    shown = masks["cell"] | ~covered
    around_nucleus, outline = (_band(thing, covered, um) & shown for thing in (nucleus, masks["cell"]))
    return {
        "granularity": cytoplasm,
        "basophilia": cytoplasm,
        "nc_ratio": around_nucleus | outline,
        "diameter_um": outline,
        "nucleus_shape": around_nucleus,
        "clumping": nucleus,
        "cell_type": masks["cell"],
        "auer": _either(traits["auer"], masks["auer"], cytoplasm),
        "nucleoli": _either(traits["nucleoli"], masks["nucleoli"], nucleus),
        "bleb": _either(traits["bleb"], masks["blebs"], outline),
    }


def top_mass(maps: NDArray[np.float32], share: float) -> Masks:
    """Return the brightest pixels that hold at least ``share`` of each map's mass, bool (n, H, W).

    Equal pixels are taken together, so that a flat support is in whole or not at all and the set does not lean to
    one side; it can hold more than ``share``. A map without mass has no pixel.

    Raises:
        ValueError: If ``share`` is not in (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError(f"top_mass: share={share} is out of range; choose above 0, up to 1")
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    ranked = -np.sort(-flat, axis=1)
    held = np.cumsum(ranked, axis=1)
    last = (held < share * held[:, -1:] * (1 - 1e-12)).sum(axis=1, keepdims=True)
    least = np.take_along_axis(ranked, last, axis=1)
    return ((flat >= least) & (flat > 0)).reshape(maps.shape)


def _either(present: pd.Series, thing: Masks, place: Masks) -> Masks:
    return np.where((present.to_numpy() > 0)[:, None, None], thing, place)


def _band(masks: Masks, covered: Masks, um_per_px: NDArray[np.float64]) -> Masks:
    """Return pixels within ``BAND_UM`` of the boundary; where the picture or an artefact cuts a thing off is none."""
    result = np.zeros_like(masks)
    for k, um in enumerate(um_per_px.tolist()):
        result[k] = _near_boundary(masks[k], covered[k], um)
    return result


def _near_boundary(mask: Masks, covered: Masks, um_per_px: float) -> Masks:
    inner_edge = mask & ~ndimage.binary_erosion(mask | covered, border_value=1)
    if not inner_edge.any():
        return np.zeros_like(mask)
    return ndimage.distance_transform_edt(~inner_edge, sampling=um_per_px) <= BAND_UM
