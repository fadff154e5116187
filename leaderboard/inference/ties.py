"""Dense tie groups instead of ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from leaderboard.inference.bootstrap import Floats, interval

_WIDER = float(norm.ppf(0.995) / norm.ppf(0.975))


def tie_reach(reach: float, seeds: int) -> float:
    """Return the reach of the interval that must not hold 0 for two entries to be told apart, here and in every table.

    Patient resamples show nothing of the luck of a training. Where seeds can be drawn, too, the 95 % interval holds
    both; with one seed the interval is one of 99 %.

    Args:
        reach: Of ``bootstrap.reach``.
        seeds: Trainings of the entry; of two entries, the larger reach counts.
    """
    return reach * _WIDER if seeds < 2 else reach


def tie_groups(
    values: NDArray[np.float64], samples: NDArray[np.float64], reach: float | Floats, *, higher_is_better: bool
) -> NDArray[np.int64]:
    """Group entries that these patients cannot tell apart.

    The best entry anchors group 1, which takes every entry whose paired difference to the anchor has an interval
    that holds 0. The best of the rest anchors the next group, and so on. A noisy entry may therefore share a group with
    an anchor while a steadier one above it does not.

    Args:
        values: Scores, (n_entries,); NaN is in no group.
        samples: The same scores on shared resamples, (n_entries, B).
        reach: Of ``tie_reach``, of all entries or of each.
        higher_is_better: Direction of the metric.

    Returns:
        Group of each entry from 1, int64 (n_entries,); 0 for NaN.
    """
    groups, wide = np.zeros(len(values), dtype=np.int64), np.broadcast_to(reach, len(values))
    left = [
        int(i) for i in np.argsort(-values if higher_is_better else values, kind="stable") if not np.isnan(values[i])
    ]
    while left:
        tied = against(samples[left], samples[left[0]], np.maximum(wide[left], wide[left[0]])) == 0
        tied[0] = True
        groups[np.array(left)[tied]] = groups.max() + 1
        left = [i for i, is_tied in zip(left, tied, strict=True) if not is_tied]
    return groups


def against(samples: NDArray[np.float64], other: NDArray[np.float64], reach: float | Floats) -> NDArray[np.int64]:
    """Return 1 where a row of ``samples`` (n, B) lies above ``other`` (B,), -1 below, int64 (n,).

    It is 0 where the interval of the paired difference holds 0 or is not defined.
    """
    low, high = interval(samples - other, reach)
    return (low > 0).astype(np.int64) - (high < 0).astype(np.int64)
