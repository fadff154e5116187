"""A small autoencoder of genes: how it is made, and how long it learns.

Reference: G. E. Hinton, R. R. Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", 2006,
https://doi.org/10.1126/science.1127647.
Differs from the paper in: one hidden layer a side beside a linear map, no pre-training layer by layer; principal
components of train are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor, nn

from models.layers import ResidualMlp

_COMPONENTS = 128
_SPANNED = 1e-10  # of the largest eigenvalue
_RATE = 3e-3
_JUDGED_EVERY = 10
_PATIENCE = 5  # judgements without a smaller error
_PART = 5  # one specimen of so many is held out


class Components(nn.Module):
    """Give up to 128 principal components of train, of mean square 1 together.

    With fewer specimens than that they are all that train spans, and what a gradient can teach the first layer of a
    wider network lies in their span too.

    Args:
        values: float (n, n_genes), standardised genes of train.
    """

    def __init__(self, values: Tensor) -> None:
        super().__init__()
        axes = principal_axes(values, _COMPONENTS)
        size = (values @ axes.T).square().mean().sqrt()
        self.register_buffer("axes", axes / size.clamp_min(1e-6))
        self.axes: Tensor

    def forward(self, genes: Tensor) -> Tensor:
        """Return (..., n_components) of standardised genes (..., n_genes)."""
        return genes @ self.axes.T


class Autoencoder(nn.Module):
    """Squeeze principal components of genes through a few numbers and reconstruct them.

    Args:
        values: float (n, n_genes), standardised genes of train.
        latent: How many numbers.
        linear: Whether both sides are linear maps; else each has a hidden layer beside it, which starts silent.
    """

    def __init__(self, values: Tensor, latent: int, *, linear: bool) -> None:
        super().__init__()
        self.components = Components(values)
        n_components = len(self.components.axes)
        self.encoder = _side(n_components, latent, linear)
        self.decoder = _side(latent, n_components, linear)

    def loss(self, genes: Tensor) -> Tensor:
        """Return the mean squared error of the reconstructed components of standardised genes (n, n_genes)."""
        asked = self.components(genes)
        return (self.decoder(self.encoder(asked)) - asked).square().mean()


def fitted_encoder(values: Tensor, latent: int, at_most: int, *, linear: bool) -> nn.Module:
    """Return the encoder, (n, n_genes) -> (n, latent), of an autoencoder that learned from all of ``values``.

    It learned for as many steps as serve held-out specimens best: it may have more weights than there are values, and
    would learn them by heart. No label is read.

    Args:
        values: float (n, n_genes), standardised genes of train.
        latent: Size of the latent.
        at_most: Steps.
        linear: See ``Autoencoder``.
    """
    steps = chosen_steps(values, latent, at_most, linear=linear)
    autoencoder = Autoencoder(values, latent, linear=linear)
    advance(descent(autoencoder, values), steps)
    return nn.Sequential(autoencoder.components, autoencoder.encoder)


def chosen_steps(values: Tensor, latent: int, at_most: int, *, linear: bool) -> int:
    """Return after how many steps on four fifths of the specimens the error on the others is least, 0 for too few."""
    held = torch.arange(len(values), device=values.device) % _PART == _PART - 1
    if not bool(held.any()):
        return 0
    autoencoder = Autoencoder(values[~held], latent, linear=linear)
    steps = descent(autoencoder, values[~held])
    losses: list[float] = []
    best = 0
    for mark in range(0, at_most + 1, _JUDGED_EVERY):
        advance(steps, _JUDGED_EVERY if mark else 0)
        with torch.no_grad():
            losses.append(float(autoencoder.loss(values[held])))
        best = losses.index(min(losses))
        if len(losses) - best > _PATIENCE:
            break
    return best * _JUDGED_EVERY


def descent(autoencoder: Autoencoder, values: Tensor) -> Iterator[None]:
    """Take a step of Adam on all specimens whenever the next is asked for."""
    optimizer = torch.optim.Adam(autoencoder.parameters(), lr=_RATE)
    while True:
        with torch.enable_grad():
            loss = autoencoder.loss(values)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
        optimizer.step()
        yield


def advance(steps: Iterator[None], count: int) -> None:
    """Take ``count`` steps."""
    for _ in islice(steps, count):
        pass


def principal_axes(values: Tensor, at_most: int) -> Tensor:
    """Return the axes of largest spread about 0, float (r, n_genes), orthonormal, r at least 1.

    Args:
        values: float (n, n_genes), of mean 0.
        at_most: Axes.
    """
    x = values.double()
    few = len(x) < x.shape[1]
    sizes, vectors = torch.linalg.eigh(x @ x.T if few else x.T @ x)
    kept = vectors[:, sizes > _SPANNED * sizes[-1].clamp_min(1e-12)].flip(1)[:, :at_most]
    axes = nn.functional.normalize(kept.T @ x, dim=1) if few else kept.T
    return (axes if len(axes) else torch.eye(1, x.shape[1], dtype=x.dtype, device=x.device)).to(values)


def _side(n_features: int, n_outputs: int, linear: bool) -> nn.Module:
    if not linear:
        return ResidualMlp(n_features, n_outputs, 0.0)
    straight = nn.Linear(n_features, n_outputs, bias=False)
    nn.init.orthogonal_(straight.weight)
    return straight
