"""Statistics of batch normalisation are those of the batches, and frozen ones stay."""

import pytest
import torch
from torch import nn

from models.layers.batch_statistics import measure_statistics


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


class Frozen(nn.BatchNorm1d):
    def train(self, mode=True):
        return super().train(False)


def test_they_are_the_mean_over_batches():
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, momentum=0.3), nn.Linear(4, 2), nn.BatchNorm1d(2)).eval()
    network[1].running_mean.fill_(9.0)
    batches = [torch.randn(5, 3) * 40, torch.randn(7, 3) + 2]
    measure_statistics(network, network, batches)
    hidden = [network[0](batch) for batch in batches]
    torch.testing.assert_close(network[1].running_mean, sum(h.mean(dim=0) for h in hidden) / 2)
    torch.testing.assert_close(network[1].running_var, sum(h.var(dim=0) for h in hidden) / 2)
    second = [network[2](nn.functional.batch_norm(h, None, None, training=True)) for h in hidden]
    torch.testing.assert_close(network[3].running_mean, sum(s.mean(dim=0) for s in second) / 2, atol=1e-5, rtol=1e-5)
    assert not network.training and network[1].momentum == 0.3 and network[3].momentum == 0.1


def test_frozen_statistics_stay_and_nothing_is_read_for_them():
    network, asked = nn.Sequential(nn.Linear(3, 4), Frozen(4), nn.Dropout()), []
    measure_statistics(network, asked.append, [torch.randn(5, 3)])
    assert not asked and not network[1].running_mean.any() and network.training
