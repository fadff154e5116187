"""What a Bayes posterior of a generator must satisfy, whatever the generator."""

import numpy as np


def check_calibrated(posterior, y, edges, slack):
    """Compare the mean posterior with the observed share of each class, bin by bin of the posterior."""
    np.testing.assert_allclose(posterior.sum(axis=1), 1, atol=1e-12)
    for c in range(posterior.shape[1]):
        bins = np.digitize(posterior[:, c], edges)
        for b in np.unique(bins):
            inside = bins == b
            expected, got = posterior[inside, c].mean(), (y[inside] == c).mean()
            error = np.sqrt(expected * (1 - expected) / inside.sum()) + slack
            assert abs(got - expected) < 4.5 * error, (c, b, inside.sum())


def check_more_evidence_is_better(posterior, y):
    """Check that the mean log loss of a subset of modalities falls with every modality that is added."""
    loss = {subset: -np.log(p[np.arange(len(y)), y]).mean() for subset, p in posterior.items()}
    assert loss["all"] < min(loss["images+genes"], loss["images+clinical"], loss["genes+clinical"])
    assert loss["images+genes"] < min(loss["images"], loss["genes"])
