"""Experts and their start against scikit-learn and closed forms."""

import numpy as np
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from models.fusion.attention import AttentionFusion
from models.fusion.late import MeanOfProbabilities
from models.fusion.product import Product
from models.inputs.batch import Tokens
from models.layers.discriminant import shrunk_discriminants
from models.layers.experts import Experts, Votes
from models.layers.group_means import GroupMeans
from models.layers.shares import SHRINKAGES, deal, evidence_starts
from models.layers.token_scale import TokenScale
from models.layers.vector_encoder import ResidualMlp


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def planted(n=60, d=8):
    rng = np.random.default_rng(0)
    y = np.arange(n) % 3
    return rng.normal(size=(n, d)) + np.eye(3, d)[y] * 2, y


@pytest.mark.parametrize("shrinkage", [0.05, 0.5, 0.9])
def test_the_start_is_the_shrunk_discriminant_of_scikit_learn(shrinkage):
    """There the covariance within classes is divided by n."""
    x, y = planted()
    x, y = x[5:], y[5:]  # classes of 18, 18 and 19
    ((weight, bias),) = shrunk_discriminants(torch.tensor(x), torch.tensor(y), 3, [shrinkage])
    shares = np.bincount(y) / len(y)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, priors=shares)
    around = x - np.stack([x[y == k].mean(axis=0) for k in range(3)])[y]
    model.fit(x + around * (np.sqrt(55 / 52) - 1), y)  # wider within classes, so that n - 3 divides
    got = (torch.tensor(x) @ weight.T + bias + torch.tensor(np.log(shares))).softmax(1)
    np.testing.assert_allclose(got, model.predict_proba(x), atol=1e-6)


def test_the_start_does_not_depend_on_a_rotation_or_on_flat_directions():
    x, y = (torch.tensor(v) for v in planted())
    turn = torch.linalg.qr(torch.randn(8, 8, dtype=torch.float64)).Q
    wide = torch.cat([x @ turn, torch.full((60, 5), 3.0)], dim=1)
    logits = [rows @ w.T + b for rows in (x, wide) for w, b in shrunk_discriminants(rows, y, 3, [0.3])]
    torch.testing.assert_close(*logits, atol=1e-8, rtol=1e-6)


def test_a_class_that_is_not_there_gets_no_evidence():
    x, y = (torch.tensor(v) for v in planted())
    ((weight, bias),) = shrunk_discriminants(x, y, 5, [0.3])
    assert not weight[3:].any() and not bias[3:].any() and weight[:3].any()
    for rows, label in ((x, y * 0), (x[:0], y[:0])):
        for nothing in shrunk_discriminants(rows, label, 3, [0.3, 0.9]):
            assert not any(part.any() for part in nothing)


def test_one_specimen_that_contradicts_does_not_silence_what_tells_all_others():
    """Where nothing varies within classes a weight without bound would meet it in an inner fold."""
    y = torch.arange(30) % 3
    x, here = torch.eye(3, dtype=torch.float64)[y], torch.ones(30, 1, dtype=torch.bool)
    x[4] = x[5]
    ((weight, bias),) = shrunk_discriminants(x[6:], y[6:], 3, [0.3])
    assert weight.abs().max() < 1e3
    start = evidence_starts({"clinical": Tokens(x[:, None], here)}, y, torch.arange(30), torch.ones(30), torch.zeros(3))
    ((weight, bias),) = shrunk_discriminants(x, y, 3, [start["clinical"].shrinkage])
    said = (start["clinical"].share * (x @ weight.T + bias)).softmax(1)
    assert said[torch.arange(30) != 4, y[torch.arange(30) != 4]].min() > 0.6


def test_votes_are_the_mean_over_tokens_and_absent_modalities_are_left_out():
    experts = Experts(("images", "genes"), 4, torch.tensor([0.1, 0.2, 0.3]))
    tokens = {
        "images": Tokens(torch.randn(2, 3, 4), torch.tensor([[True, True, False], [False] * 3])),
        "genes": Tokens(torch.randn(2, 1, 4), torch.tensor([[True], [True]])),
    }
    votes = experts(tokens)
    cells = experts.heads["images"](tokens["images"].values[0, :2]).mean(dim=0)
    genes = experts.heads["genes"](tokens["genes"].values[:, 0])
    torch.testing.assert_close(votes.logits[0], torch.stack([cells, genes[0]]))
    torch.testing.assert_close(Product()(tokens, votes)[0], experts.bias + cells + genes[0])
    torch.testing.assert_close(Product()(tokens, votes)[1], experts.bias + genes[1])
    late = MeanOfProbabilities()(tokens, votes)
    both = torch.stack([(experts.bias + said).softmax(0) for said in (cells, genes[0])]).mean(dim=0)
    torch.testing.assert_close(late.exp(), torch.stack([both, (experts.bias + genes[1]).softmax(0)]))


def test_attention_over_modalities_starts_as_the_product():
    votes = Votes(torch.randn(2, 2, 3), torch.tensor([[True, True], [False, True]]), torch.randn(3))
    votes = votes._replace(logits=votes.logits * votes.mask[..., None])
    tokens = {m: Tokens(torch.randn(2, 1, 4), votes.mask[:, i : i + 1]) for i, m in enumerate(("images", "genes"))}
    fusion = AttentionFusion(4, 0.0)
    torch.testing.assert_close(fusion(tokens, votes), votes.product())
    torch.nn.init.normal_(fusion.attention.score.weight)
    weights = fusion.weights(tokens)
    expected = votes.bias + 2 * (weights[0, :, None] * votes.logits[0]).sum(dim=0)
    torch.testing.assert_close(fusion(tokens, votes)[0], expected)


def test_tokens_of_all_modalities_vary_as_much_and_keep_their_shifts():
    values = {"images": torch.randn(50, 1, 4) * 7 + 3, "genes": torch.randn(50, 6, 4) * 0.1}
    tokens = {name: Tokens(v, torch.ones(v.shape[:2], dtype=torch.bool)) for name, v in values.items()}
    scale = TokenScale(("images", "genes"))
    scale.measure(tokens)
    for name, out in scale(tokens).items():
        assert float(out.values.var(dim=0, correction=0).mean()) == pytest.approx(1, rel=1e-4)
        ratio = out.values / values[name]
        torch.testing.assert_close(ratio, ratio.flatten()[0].expand_as(ratio))


def test_group_means_vary_by_one_within_classes_of_train():
    genes, y = torch.randn(40, 5, dtype=torch.float32), torch.arange(40) % 3
    genes[:, 1] += 4 * y  # what tells the classes apart is not made quieter
    out = GroupMeans([[0, 2], [1], [3, 4, 0]], genes, y)(genes)
    raw = torch.stack([genes[:, [0, 2]].mean(1), genes[:, 1], genes[:, [3, 4, 0]].mean(1)], dim=1)
    within = LinearDiscriminantAnalysis(store_covariance=True).fit(raw, y).covariance_  # divided by n
    torch.testing.assert_close(out, raw / torch.tensor(np.sqrt(np.diag(within) * 40 / 37)).float())


def test_a_residual_network_starts_as_a_rotation():
    x = torch.randn(5, 6)
    out = ResidualMlp(6, 9, 0.0)(x)
    torch.testing.assert_close(out @ out.T, x @ x.T)


def test_inner_folds_keep_patients_whole_and_classes_even():
    patient = np.repeat(np.arange(30), 2)
    y = (patient % 3).astype(np.int64)
    fold = deal(y, patient)
    assert all(len(np.unique(fold[patient == p])) == 1 for p in range(30))
    for k in range(3):
        np.testing.assert_array_equal(np.bincount(fold[y == k], minlength=5), [4] * 5)


def test_starts_are_those_that_say_held_out_specimens_best():
    """Every shrinkage of each modality alone, then shares of both, against a grid."""
    x, y = planted(n=90)
    y = torch.tensor(y)
    noise = torch.tensor(np.random.default_rng(1).normal(size=x.shape) + x[:, ::-1])
    here = torch.ones(90, 1, dtype=torch.bool)
    tokens = {"images": Tokens(noise[:, None], here), "genes": Tokens(torch.tensor(x)[:, None], here)}
    starts = evidence_starts(tokens, y, torch.arange(90), torch.ones(90), torch.zeros(3))
    fold, said = torch.tensor(deal(y.numpy(), np.arange(90))), []
    grid = np.geomspace(0.05, 2, 60)

    def loss(*evidence):
        nll = torch.nn.functional.cross_entropy(sum(share * each for share, each in evidence), y)
        return float(nll) + 0.02 * sum(np.log(2 * share) ** 2 for share, _ in evidence)

    for name, (values, _) in tokens.items():
        alone = {}
        for shrinkage in SHRINKAGES:
            held_out = torch.zeros(90, 3, dtype=torch.float64)
            for k in range(5):
                ((weight, bias),) = shrunk_discriminants(values[fold != k, 0], y[fold != k], 3, [shrinkage])
                held_out[fold == k] = values[fold == k, 0] @ weight.T + bias
            alone[shrinkage] = min(loss((share, held_out)) for share in grid), held_out
        as_good = min(value for value, _ in alone.values()) + 0.005
        assert alone[starts[name].shrinkage][0] < as_good + 1e-4
        assert all(alone[more][0] > as_good - 1e-4 for more in SHRINKAGES if more > starts[name].shrinkage)
        said.append(alone[starts[name].shrinkage][1])
    best = loss(*((starts[name].share, each) for name, each in zip(tokens, said, strict=True)))
    around = [loss((a, said[0]), (b, said[1])) for a in grid for b in grid]
    assert best <= min(around) + 1e-6 and min(around) < best + 0.01


def test_more_features_than_specimens_are_shrunk_more_than_few():
    """Among 60 of noise, the three that tell the classes are to be heard."""
    rng, y = np.random.default_rng(0), torch.arange(90) % 3
    here, found = torch.ones(90, 1, dtype=torch.bool), []
    few = rng.normal(size=(90, 3)) @ rng.normal(size=(3, 3)) + np.eye(3)[y]
    for rows in (few, np.hstack([few, rng.normal(size=(90, 80))])):
        tokens = {"genes": Tokens(torch.tensor(rows)[:, None], here)}
        found.append(evidence_starts(tokens, y, torch.arange(90), torch.ones(90), torch.zeros(3))["genes"].shrinkage)
    assert found[0] < 0.2 < 0.35 <= found[1]
