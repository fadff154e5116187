"""Graphs over genes, from train alone or from given pathways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor
from torch_geometric.utils import coalesce, to_undirected

from models.inputs import TrainGenes


def gene_edges(genes: TrainGenes, neighbours: int) -> Tensor:
    """Join genes that share a given gene set; without sets, those that correlate on train.

    Args:
        neighbours: Edges that each gene asks for where there are no sets.

    Returns:
        Undirected edges without loops, int64 (2, n_edges), sorted.
    """
    if genes.sets:
        return pathway_graph(genes.names, genes.sets)
    return correlation_graph(genes.values.cpu().to(torch.float64), neighbours)


def correlation_graph(values: Tensor, neighbours: int) -> Tensor:
    """Join each gene with the genes that it correlates most with, by absolute value.

    Args:
        values: float (n, n_genes), standardised genes of train specimens that have them.
        neighbours: Edges that each gene asks for.

    Returns:
        Undirected edges without loops, int64 (2, n_edges), sorted.
    """
    n_genes = values.shape[1]
    centred = values - values.mean(dim=0)
    unit = torch.nn.functional.normalize(centred, dim=0)
    strength = (unit.T @ unit).abs().fill_diagonal_(-1.0)
    nearest = strength.topk(min(neighbours, n_genes - 1), dim=1).indices
    source = torch.arange(n_genes, device=values.device).repeat_interleave(nearest.shape[1])
    return to_undirected(torch.stack([source, nearest.flatten()]), num_nodes=n_genes)


def pathway_graph(names: Sequence[str], gene_sets: Mapping[str, Iterable[str]]) -> Tensor:
    """Join genes that share a gene set.

    Returns:
        Undirected edges without loops among ``names``, int64 (2, n_edges), sorted.
    """
    place = {name: i for i, name in enumerate(names)}
    edges = [torch.empty(2, 0, dtype=torch.int64)]
    for members in gene_sets.values():
        inside = torch.tensor(sorted({place[g] for g in members if g in place}), dtype=torch.int64)
        pairs = torch.cartesian_prod(inside, inside).view(-1, 2).T
        edges.append(pairs[:, pairs[0] != pairs[1]])
    return coalesce(torch.cat(edges, dim=1), num_nodes=len(names))
