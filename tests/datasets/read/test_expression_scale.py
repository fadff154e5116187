import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, rankdata

from datasets.cohort import CohortError
from datasets.read import gmt
from datasets.read.expression_scale import collapse_probes, log2_thresholded, rank_scores


def test_log2_is_held_within_the_thresholds():
    np.testing.assert_allclose(log2_thresholded(np.array([[-500.0, 100, 256, 16000, 90000]])),
                               np.log2([[100, 100, 256, 16000, 16000]]), rtol=1e-6)  # fmt: skip


@given(st.integers(0, 2**32 - 1))
def test_probes_of_a_gene_collapse_as_pandas_does(seed):
    rng = np.random.default_rng(seed)
    symbols = rng.choice(["", "TP53", "MPO", "CD33", "NA"], size=12).tolist()
    values = rng.normal(size=(3, 12)).astype(np.float32)
    ours, genes = collapse_probes(values, symbols)
    frame = pd.DataFrame(values.T, index=symbols)
    expected = frame[frame.index != ""].groupby(level=0).max().T
    assert list(genes) == expected.columns.tolist()
    np.testing.assert_array_equal(ours, expected.to_numpy())


def test_rank_scores_agree_with_scipy_row_by_row():
    values = np.array([[3.0, 1, 1, 9], [0, 0, 0, 0], [4, 3, 2, 1]], dtype=np.float32)
    expected = [norm.ppf((rankdata(row) - 0.5) / 4) for row in values]
    np.testing.assert_allclose(rank_scores(values), expected, atol=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_rank_scores_look_at_one_sample_and_forget_its_scale(seed):
    values = np.random.default_rng(seed).normal(size=(4, 9)).astype(np.float32)
    np.testing.assert_array_equal(rank_scores(values)[1:2], rank_scores(values[1:2]))
    np.testing.assert_array_equal(rank_scores(np.exp(values)), rank_scores(values))


def test_gene_sets_are_read_and_cut_to_the_measured_genes(tmp_path, monkeypatch):
    folder = tmp_path / gmt.FOLDER
    folder.mkdir()
    (folder / gmt.HALLMARK).write_text("BIG\turl\tA\tB\tC\tD\tE\tF\tA\nSMALL\turl\tA\tX\n")
    assert gmt.read_gmt(folder / gmt.HALLMARK)["BIG"] == ("A", "B", "C", "D", "E", "F")
    sets, note = gmt.hallmark("ABCDE", tmp_path)
    assert sets == {"BIG": ("A", "B", "C", "D", "E")}
    assert note == ""


def test_absent_gene_sets_are_said(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_DATA", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path))
    assert gmt.hallmark(["A"])[0] == {}
    assert "is not on this machine" in gmt.hallmark(["A"])[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [("\nS\turl\n", r"a gene set has no genes \(first: line 2\)"),
     ("S\turl\t\t\n", r"a gene set has no genes \(first: line 1\)"),
     ("S\turl\tA\nS\turl\tB\n", r"gene sets occur more than once \(first: S, line 2\)"),
     ("\n \n", "holds no gene set")],
)  # fmt: skip
def test_a_broken_gmt_file_is_an_error(tmp_path, text, said):
    (tmp_path / "x.gmt").write_text(text)
    with pytest.raises(CohortError, match=rf"x\.gmt: {said}"):
        gmt.read_gmt(tmp_path / "x.gmt")
