"""How much each modality is believed: held-out evidence in loops, and starts that the shares are used for."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from models.inputs.batch import Tokens
from models.layers.discriminant import shrunk_discriminants
from models.layers.experts import Experts
from models.layers.group_means import GroupMeans
from models.layers.shares import Start, deal, evidence_starts
from models.layers.token_scale import TokenScale, spread


@given(st.integers(0, 999), st.integers(1, 40))
def test_patients_of_a_class_are_dealt_evenly_to_five_folds(seed, n):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, n)
    patient = rng.permutation(np.repeat(np.arange(n), rng.integers(1, 4, n)) * 7)
    fold = deal(label[patient // 7], patient)
    of = {p: set(fold[patient == p].tolist()) for p in np.unique(patient)}
    assert all(len(folds) == 1 and folds < set(range(5)) for folds in of.values())
    for k in range(3):
        counts = np.bincount([min(of[p]) for p in of if label[p // 7] == k], minlength=5)
        assert np.ptp(counts) <= 1


def drawn(classes=3, n=60):
    rng = np.random.default_rng(classes)
    y = np.repeat(np.arange(classes), n // classes)
    tokens = {}
    for name, size in (("images", 1.0), ("genes", 2.0)):
        values = torch.tensor(rng.normal(size=(n, 4)) + size * np.eye(classes, 4)[y])
        tokens[name] = Tokens(values[:, None], torch.tensor(rng.random((n, 1)) < 0.8))
    weight = torch.tensor(rng.uniform(0.2, 2, n))
    return tokens, torch.tensor(y), torch.tensor(np.arange(n) // 2), weight, torch.tensor([0.3, -0.2, 0.1])[:classes]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("again", [False, True])
def test_shares_say_held_out_specimens_best_as_they_count(classes, again):
    tokens, y, patient, weight, bias = drawn(classes)
    fold, said = torch.tensor(deal(y.numpy(), patient.numpy())), []

    def anew(learn):
        return tokens["genes"].values[:, 0] * learn.double().mean()

    starts = evidence_starts(tokens, y, patient, weight, bias, {"genes": anew} if again else None)
    shares = {name: start.share for name, start in starts.items()}
    for name, (values, mask) in tokens.items():
        held_out = torch.zeros(60, classes, dtype=torch.float64)
        for k in range(5):
            learn, ask = mask[:, 0] & (fold != k), mask[:, 0] & (fold == k)
            seen = anew(learn) if again and name == "genes" else values[:, 0]
            ((matrix, start),) = shrunk_discriminants(seen[learn], y[learn], classes, [starts[name].shrinkage])
            held_out[ask] = seen[ask] @ matrix.T + start
        said.append(held_out)

    def loss(images, genes):
        each = cross_entropy(bias + images * said[0] + genes * said[1], y, reduction="none")
        pull = 0.02 * (np.log(2 * images) ** 2 + np.log(2 * genes) ** 2)
        return float((weight * each).sum() / weight.sum()) + pull

    assert list(shares) == ["images", "genes"]
    best = loss(*shares.values())
    around = [loss(shares["images"] * a, shares["genes"] * b) for a in (0.97, 1, 1.03) for b in (0.97, 1, 1.03)]
    assert best <= min(around) + 1e-7
    assert best <= min(loss(a, b) for a in np.geomspace(0.05, 2, 15) for b in np.geomspace(0.05, 2, 15)) + 1e-7


def test_a_fold_that_leaves_one_class_is_not_asked():
    y, asked = torch.tensor([1, *[0] * 9]), []
    tokens = {"genes": Tokens(torch.randn(10, 1, 2), torch.ones(10, 1).bool())}

    def anew(learn):
        asked.append(int(learn.sum()))
        return torch.randn(10, 2)

    evidence_starts(tokens, y, torch.arange(10), torch.ones(10), torch.zeros(2), {"genes": anew})
    assert asked == [8] * 4


def test_few_specimens_and_small_numbers_have_their_discriminant():
    """With fewer rows than columns all happens in the span of the rows; units do not matter."""
    rng = np.random.default_rng(0)
    y = torch.arange(12) % 3
    x = torch.tensor(rng.normal(size=(12, 30)) + 2 * np.eye(3, 30)[y])
    axes = torch.linalg.svd(x - x.mean(dim=0), full_matrices=False).Vh[:11]
    inside = x @ axes.T
    logits = []
    for rows in (x, inside, x * 1e-7):
        ((weight, bias),) = shrunk_discriminants(rows, y, 3, [0.3])
        logits.append((rows @ weight.T + bias).log_softmax(1))
    torch.testing.assert_close(logits[0], logits[1])
    torch.testing.assert_close(logits[0], logits[2], atol=1e-6, rtol=1e-6)
    assert logits[0].exp()[range(12), y].mean() > 0.8
    (constant,) = shrunk_discriminants(torch.ones(6, 2), torch.arange(6) % 2, 2, [0.3])
    assert not any(part.any() for part in constant)


def test_a_head_starts_with_its_share_of_the_discriminant():
    tokens, y, *_ = drawn()
    experts, values = Experts(("images", "genes"), 4, torch.tensor([0.1, 0.2, 0.3])), tokens["genes"].values[:, 0]
    experts.start("genes", values.float(), y, Start(0.25, 0.3))
    ((weight, bias),) = shrunk_discriminants(values, y, 3, [0.3])
    torch.testing.assert_close(experts.heads["genes"](values.float()), (0.25 * (values @ weight.T + bias)).float())
    assert not any(p.any() for p in experts.heads["images"].parameters())
    alone = experts.each("genes", Tokens(values.float()[:, None], tokens["genes"].mask))
    expected = torch.tensor([0.1, 0.2, 0.3]) + experts.heads["genes"](values.float())
    torch.testing.assert_close(alone.values[:, 0], expected)
    assert alone.mask is tokens["genes"].mask


def test_the_size_of_tokens_is_measured_where_they_are():
    values, mask = torch.randn(6, 3, 4) * 5, torch.rand(6, 3) < 0.6
    mask[:, 2], mask[0, 2] = False, True  # a place that one specimen has
    distances = []
    for place in range(3):
        there = values[mask[:, place], place]
        distances.append((there - there.mean(dim=0)).square().flatten())
    expected = torch.cat(distances).mean().sqrt()
    torch.testing.assert_close(spread(values, mask), expected)
    scale = TokenScale(("genes", "clinical", "images"))
    flat, none = Tokens(torch.ones(6, 1, 4) * 3, mask[:, :1]), Tokens(values, mask & False)
    tokens = {"images": none, "genes": Tokens(values, mask), "clinical": flat}
    scale.measure(tokens)
    torch.testing.assert_close(scale.sizes, torch.stack([expected, torch.tensor(1.0), torch.tensor(1.0)]))
    scaled = scale(tokens)
    torch.testing.assert_close(scaled["genes"].values, values / expected)
    assert torch.equal(scaled["clinical"].values, flat.values) and scaled["genes"].mask is mask


def test_evidence_lies_where_the_tokens_lie(monkeypatch):
    """Whatever torch would take by itself: here a device without values. What is made of numbers is then moved."""
    tokens, y, patient, weight, bias = drawn()
    genes, made = tokens["genes"].values[:, 0].float(), torch.tensor
    plain = evidence_starts(tokens, y, patient, weight, bias)
    monkeypatch.setattr(torch, "tensor", lambda values, device="cpu": made(values, device=device))
    with torch.device("meta"):
        assert GroupMeans([[0, 1], [2]], genes, y).weight.device == torch.device("cpu")
        assert evidence_starts(tokens, y, patient, weight, bias) == plain
