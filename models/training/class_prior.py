"""What a network says where it knows nothing: classes and specimens without evidence."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ClassPrior(nn.Module):
    """Complete logits with the class frequencies of train.

    - A specimen without any modality gets (patients of the class + 1) / (patients + classes).
    - A class that train lacks gets 1 / (patients + classes) for every specimen.

    Args:
        patients: float (n_classes,), patients of train in each class.
    """

    def __init__(self, patients: Tensor) -> None:
        super().__init__()
        prior = (patients + 1) / (patients.sum() + len(patients))
        self.register_buffer("log_prior", prior.log().float())
        self.register_buffer("seen", patients > 0)
        unseen = prior[patients == 0].sum()
        odds = torch.where(patients > 0, torch.ones_like(prior), prior / (1 - unseen))
        self.register_buffer("log_odds", odds.log().float())
        self.log_prior: Tensor
        self.seen: Tensor
        self.log_odds: Tensor

    def forward(self, logits: Tensor, known: Tensor) -> Tensor:
        """Return logits (b, n_classes) that hold the two rules.

        Args:
            logits: float (b, n_classes).
            known: bool (b,), specimens with any modality.
        """
        total = logits[:, self.seen].logsumexp(dim=1, keepdim=True)
        logits = torch.where(self.seen, logits, total + self.log_odds)
        return torch.where(known[:, None], logits, self.log_prior)
