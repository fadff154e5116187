"""Dense tie groups instead of ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leaderboard.bootstrap import interval


def tie_groups(
    values: NDArray[np.float64], samples: NDArray[np.float64], *, higher_is_better: bool
) -> NDArray[np.int64]:
    """Group entries that these patients cannot tell apart.

    The best entry anchors group 1, which takes every entry whose paired difference to the anchor has a 95 % interval
    that holds 0. The best of the rest anchors the next group, and so on. A noisy entry may therefore share a group with
    an anchor while a steadier one above it does not.

    Args:
        values: Scores, (n_entries,); NaN is in no group.
        samples: The same scores on shared resamples, (n_entries, B).
        higher_is_better: Direction of the metric.

    Returns:
        Group of each entry from 1, int64 (n_entries,); 0 for NaN.
    """
    groups = np.zeros(len(values), dtype=np.int64)
    left = [
        int(i) for i in np.argsort(-values if higher_is_better else values, kind="stable") if not np.isnan(values[i])
    ]
    while left:
        tied = against(samples[left], samples[left[0]]) == 0
        tied[0] = True
        groups[np.array(left)[tied]] = groups.max() + 1
        left = [i for i, is_tied in zip(left, tied, strict=True) if not is_tied]
    return groups


def against(samples: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return 1 where a row of ``samples`` (n, B) lies above ``other`` (B,) beyond the 95 % interval of the paired
    difference, -1 below, 0 where the interval holds 0 or is not defined."""
    low, high = interval(samples - other)
    return (low > 0).astype(np.int64) - (high < 0).astype(np.int64)
