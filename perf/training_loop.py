"""Time our fit loop against a plain torch loop: same network, same tensors, same process.

Run from the repository root: ``python -m perf.training_loop``. The plain loop is what a user would write with torch
alone: a DataLoader over the patients that hands over a few random cells of each as float tensors, AdamW,
cross-entropy. Both take the same number of steps on the same number of cells without a valid score; ours also turns
the cells, jitters their stain, clips gradients and moves the learning rate. Epochs alternate; the ratio of the
medians is the last line.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from benchmark.entries import entry_class, entry_spec
from datasets.cohort import Cohort, ImageBags, Provenance, presence
from models.inputs import Batch, Resident
from models.training import FitLoop

CLASSES, GENES = 5, 2000


def generated(patients: int, cells: int, side: int) -> Cohort:
    """Return noise in the shape of apl-sim: equal bags, genes, no clinical table."""
    rng = np.random.default_rng(0)
    bags = ImageBags(
        rng.integers(0, 256, (patients * cells, side, side, 3), dtype=np.uint8),
        np.arange(patients + 1, dtype=np.int64) * cells,
    )
    ids = np.array([f"P{i:04d}" for i in range(patients)])
    return Cohort(
        name="noise",
        classes=tuple("abcde"),
        y=np.arange(patients, dtype=np.int64) % CLASSES,
        specimen=ids,
        patient=ids,
        domain=np.full(patients, "A"),
        provenance=Provenance("noise", "0", "none", generated=True),
        present=presence(patients, bags, np.ones(patients, bool)),
        images=bags,
        genes=rng.normal(size=(patients, GENES)).astype(np.float32),
        gene_names=tuple(f"G{j}" for j in range(GENES)),
    )


class PlainBags(Dataset):
    """Hand over one patient at a time, cells as float (k, 3, H, W)."""

    def __init__(self, data: Resident, k: int) -> None:
        self.data, self.k = data, k

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, ...]:
        d = self.data
        rows = d.starts[i] + torch.randperm(int(d.sizes[i]))[: self.k]
        cells = d.pixels[rows].permute(0, 3, 1, 2).contiguous().float() / 255
        return (cells - d.image_mean) / d.image_scale, d.genes[i], d.clinical[i], d.present[i], d.y[i]


def plain_epoch(network: torch.nn.Module, loader: DataLoader, optimizer: torch.optim.Optimizer) -> None:
    """Take one pass as a user would write it."""
    network.train()
    for cells, genes, clinical, present, y in loader:
        mask = torch.ones(cells.shape[:2], dtype=torch.bool)
        logits = network(Batch(cells.flatten(0, 1), mask, genes, clinical, present))
        loss = torch.nn.functional.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def seconds(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def main() -> None:
    """Print seconds per epoch of both loops and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=100)
    parser.add_argument("--cells", type=int, default=24)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cohort = generated(args.patients, args.cells, args.side)
    build = entry_class(entry_spec("fusion-experts[genes=mlp, genes.n_genes=0, modality_dropout=0.0]"))
    entry: Any = build(seed=0, max_epochs=args.rounds + 1)
    entry.inputs_ = entry.fit_inputs(cohort)
    data = Resident.load(cohort, entry.inputs_, "cpu")
    ours = FitLoop(entry.build_network(data, cohort), data, entry)
    network = copy.deepcopy(ours.network)
    loader = DataLoader(PlainBags(data, entry.cells_per_bag), entry.batch_size, shuffle=True)
    optimizer = torch.optim.AdamW(network.parameters(), entry.learning_rate)
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(args.rounds + 1):
        times["ours"].append(seconds(ours.epoch))
        times["plain"].append(seconds(lambda: plain_epoch(network, loader, optimizer)))
    medians = {name: statistics.median(t[1:]) for name, t in times.items()}
    for name, value in medians.items():
        print(f"{name:6s} {value:.3f} s/epoch (median of {args.rounds}, first epoch dropped, one thread)")
    print(f"plain / ours = {medians['plain'] / medians['ours']:.2f}")


if __name__ == "__main__":
    main()
