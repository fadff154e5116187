"""What a call is worth, ties included."""

import numpy as np

from datasets.simulate.shared.decision import credit


def test_credit_is_shared_among_classes_whose_odds_rise_equally():
    prior = np.array([0.5, 0.3, 0.2])
    posterior = np.array([[0.5, 0.3, 0.2], [0.5, 0.2, 0.3], [0.4, 0.36, 0.24], [0.6, 0.25, 0.15]])
    for y, wanted in ((0, [1 / 3, 0, 0, 1]), (1, [1 / 3, 0, 0.5, 0]), (2, [1 / 3, 1, 0.5, 0])):
        np.testing.assert_allclose(credit(posterior, prior, np.full(4, y)), wanted)
