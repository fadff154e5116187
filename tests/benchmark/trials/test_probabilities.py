"""What is taken for probabilities."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_array

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


def test_what_holds_an_array_is_taken(tmp_path):
    kept = np.memmap(tmp_path / "kept", np.float64, "w+", shape=(2, 3))
    kept[:] = np.eye(3)[:2]
    frame = pd.DataFrame(np.eye(3)[:2])
    for proba in (kept, frame, torch.eye(3)[:2], list(np.eye(3)[:2]), tuple(np.eye(3)[:2])):
        assert type(read(proba)) is np.ndarray or isinstance(proba, np.memmap)
        assert read(proba).tolist() == [[1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("proba", "said"),
    [
        (np.full((2, 3), 1 / 3, dtype=complex), "returned complex128; return an array of float64"),
        (np.full((2, 3), "a"), "returned <U1"),
        (np.full((2, 3), None), "returned object"),
        (np.full((2, 3), 1 / 3, dtype=np.longdouble), "longdouble|float128"),
        (
            np.ma.masked_array(np.eye(3)[:2], mask=np.eye(3)[:2]),
            "predict_proba on test returned a masked array; fill it",
        ),
        (np.ma.masked_array(np.eye(3)[:2]), "masked array"),
        (list(np.ma.masked_array(np.eye(3)[:2], mask=np.eye(3)[:2])), "masked array"),
        (tuple(np.ma.masked_array(np.eye(3)[:2])), "masked array"),
        (pd.DataFrame([[1, 0, 0], [np.nan, 0, 1]]), "1 rows are not probabilities"),
        (pd.DataFrame(np.eye(3)[:2]).convert_dtypes().replace(1, pd.NA), r"returned object \(DataFrame\); return an"),
        (csr_array(np.eye(3)[:2]), r"returned object \(csr_array\); return an array of float64, such as .toarray"),
        (torch.eye(3)[:2].requires_grad_(), "returned a Tensor that is no array .*detach"),
        (torch.eye(3)[:2].bfloat16(), "returned a Tensor that is no array"),
        ([[1, 0, 0], [1, 0]], "returned a list that is no array"),
        ((row for row in np.eye(3)[:2]), r"returned object \(generator\)"),
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


@pytest.mark.parametrize(("dtype", "most"), [(np.float64, 1e-6), (np.float32, 12 * 2**-23), (np.float16, 12 * 2**-10)])
def test_a_row_may_miss_one_by_what_its_dtype_cannot_hold(dtype, most):
    """Three classes: four roundings each."""
    for off, is_fine in ((0.9 * most, True), (1.3 * most, False)):
        for sign in (1, -1):
            row = np.array([[1.0 + sign * off, 0, 0], [0.25, 0.25, 0.5]]).astype(dtype)
            if is_fine:
                assert np.abs(read(row).sum(axis=1) - 1).max() <= most
            else:
                with pytest.raises(
                    ValueError, match="1 rows are not probabilities; the first is " + COHORT.specimen[0]
                ):
                    read(row)


def test_rows_of_a_lesser_dtype_are_divided_each_by_its_own_sum():
    row = np.array([[0.5, 0.25, 0.2505], [0.5, 0.25, 0.25]], dtype=np.float16)
    wide = row.astype(np.float64)
    np.testing.assert_array_equal(read(row), wide / wide.sum(axis=1, keepdims=True))
    with pytest.raises(ValueError, match="1 rows are not probabilities"):
        read(np.array([[2, 0, 0], [1, 0, 0]]))


@pytest.mark.parametrize("row", [[np.inf, 0, 0], [1, np.nan, 0], [1.2, -0.2, 0], [1.2, 0, 0]])
def test_one_wrong_value_in_one_row_is_enough(row):
    with pytest.raises(ValueError, match=rf"predict_proba on test: 1 rows .* {COHORT.specimen[1]}"):
        read(np.array([[1, 0, 0], row]))
