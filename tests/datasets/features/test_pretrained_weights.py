"""Weights of a user's file: found, verified and put where they belong, or told why not."""

import hashlib
import re

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from datasets.features import pretrained_weights
from datasets.features.pretrained_weights import Source, WeightsError, load_weights, weights_file


def refused(act):
    with pytest.raises(WeightsError) as caught:
        act()
    return str(caught.value)


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def test_a_file_that_is_not_there_or_another_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("HEMABENCH_WEIGHTS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.pt").write_bytes(b"weights")
    told = "cells.weights=w.pt: no such file in HEMABENCH_WEIGHTS, which is not set. Set it to the folder of the file."
    assert refused(lambda: weights_file("w.pt", "")) == told
    monkeypatch.setenv("HEMABENCH_WEIGHTS", str(tmp_path))
    told = f"cells.weights=x.pt: no such file in HEMABENCH_WEIGHTS={tmp_path}. Set it to the folder of the file."
    assert refused(lambda: weights_file("x.pt", "")) == told
    digest = hashlib.sha256(b"weights").hexdigest()
    assert weights_file("w.pt", digest) == tmp_path / "w.pt"
    assert "cells.sha256 says nothing. If you mean" in refused(lambda: weights_file("w.pt", ""))
    assert Source("some_net", "w.pt", digest).identity() == f"some_net {digest}"


def net():
    return nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 3))


def test_tensors_are_matched_by_name_or_in_order(tmp_path):
    given = net()
    torch.save(given.state_dict(), tmp_path / "w.pt")
    save_file(given.state_dict(), tmp_path / "w.safetensors")
    torch.save(dict(reversed(given.state_dict().items())), tmp_path / "turned.pt")
    torch.save({f"x{k}": tensor for k, tensor in enumerate(given.state_dict().values())}, tmp_path / "named.pt")
    by_name = ("w.pt", "w.safetensors", "turned.pt")
    for name, by_order in [("w.pt", True), ("named.pt", True), *((name, False) for name in by_name)]:
        own = net()
        assert not same(own, given)
        load_weights(own, tmp_path / name, by_order=by_order)
        assert same(own, given)
    torch.save({**given.state_dict(), "9": torch.ones(1), "8": torch.ones(1)}, tmp_path / "more.pt")
    names = "['0.weight', '0.bias', '1.weight']"
    for name, by_order, told in (
        ("more.pt", True, "has 6 tensors, the network 4."),
        ("more.pt", False, "does not fit the network at ['8', '9']."),
        ("named.pt", False, f"does not fit the network at {names}."),
        ("turned.pt", True, f"does not fit the network at {names}."),
    ):
        own = net()
        before = {key: tensor.clone() for key, tensor in own.state_dict().items()}
        assert refused(lambda own=own, name=name, by_order=by_order: load_weights(
            own, tmp_path / name, by_order=by_order)) == f"{name}: {told}"  # fmt: skip
        assert all(torch.equal(before[key], tensor) for key, tensor in own.state_dict().items())


@pytest.mark.parametrize("weights", ["", "w.pt"])
def test_a_network_gets_its_weights_and_is_in_evaluation_mode(tmp_path, monkeypatch, weights):
    given = net()
    names = {} if weights else {key: f"p{key}" for key in given.state_dict()}
    torch.save({names.get(key, key): tensor for key, tensor in given.state_dict().items()}, tmp_path / "w.pt")
    monkeypatch.setattr(pretrained_weights, "_packaged", lambda: tmp_path / "w.pt")
    monkeypatch.setenv("HEMABENCH_WEIGHTS", str(tmp_path))
    asked = []
    monkeypatch.setattr("timm.create_model", lambda name, pretrained=True: asked.append((name, pretrained)) or net())
    digest = hashlib.sha256((tmp_path / "w.pt").read_bytes()).hexdigest()
    architecture = "other_net" if weights else pretrained_weights.PACKAGED
    made = Source(architecture, weights, digest).network()
    assert same(made, given) and not made.training and asked == [(architecture, False)]
    told = "cells.architecture=other_net: the package holds tf_efficientnet_lite0; name a file of weights."
    assert re.fullmatch(re.escape(told), refused(lambda: Source("other_net", "", "").network()))
