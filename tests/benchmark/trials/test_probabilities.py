"""What is taken for probabilities."""

import numpy as np
import pytest

from benchmark.trials.probabilities import as_probabilities
from tests.toy import toy_cohort

COHORT = toy_cohort(n=6)[np.array([0, 1])]


def read(proba):
    return as_probabilities(proba, COHORT, "test")


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_rows_sum_to_one_as_far_as_the_dtype_can_tell(dtype):
    exact = np.random.default_rng(0).dirichlet(np.ones(3), 2)
    got = read(exact.astype(dtype))
    assert got.dtype == np.float64 and np.allclose(got.sum(axis=1), 1, atol=1e-12)
    assert np.allclose(got, exact, atol=4 * np.finfo(dtype).eps)


def test_float64_is_kept_to_the_bit():
    exact = np.random.default_rng(0).dirichlet(np.ones(3), 2)
    assert read(exact).tobytes() == exact.tobytes()


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool])
def test_whole_numbers_and_truth_values_are_taken(dtype):
    assert read(np.eye(3, dtype=dtype)[:2]).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_lists_are_taken():
    assert read([[1, 0, 0], [0.5, 0.5, 0]]).dtype == np.float64


@pytest.mark.parametrize(
    ("proba", "said"),
    [
        (np.full((2, 3), 1 / 3, dtype=complex), "returned complex128; return an array of float64"),
        (np.full((2, 3), "a"), "returned <U1"),
        (np.full((2, 3), None), "returned object"),
        (np.full((2, 3), 1 / 3, dtype=np.longdouble), "longdouble|float128"),
        (np.full((2, 2), 0.5), r"returned float64 \(2, 2\), needs float64 \(2, 3\)"),
        (np.full((2, 3), 0.3334), "2 rows are not probabilities; the first is " + COHORT.specimen[0]),
        (np.full((2, 3), 0.3334, dtype=np.float32), "2 rows are not probabilities"),
        (
            np.array([[1, 0, 0], [np.nan, 0, 1]]),
            "1 rows are not probabilities; the first is " + COHORT.specimen[1],
        ),
        (np.array([[1, 0, 0], [2, -1, 0]]), "1 rows"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(proba, said):
    with pytest.raises(ValueError, match=said):
        read(proba)
