"""Score and weigh by patient, not by specimen."""

from __future__ import annotations

import torch
from torch import Tensor

from models.inputs import Resident

_FLOOR = 1e-12


def patient_weights(patient: Tensor) -> Tensor:
    """Return one over the number of specimens of the same patient, float (n,), of codes (n,)."""
    return 1 / patient.bincount()[patient].float()


def patients_in_classes(data: Resident, n_classes: int) -> Tensor:
    """Return patients in each class, float64 (n_classes,); a patient of two classes is shared between them."""
    weight = patient_weights(data.patient).double()
    return torch.zeros(n_classes, dtype=torch.float64, device=weight.device).index_add_(0, data.y, weight)


def patient_nll(proba: Tensor, data: Resident) -> float:
    """Return the mean over patients of minus log probability of the label, in nats.

    Where the label belongs to the patient, the probabilities of a patient's specimens are averaged first;
    otherwise the specimens' scores are.

    Args:
        proba: float64 (n, n_classes).
    """
    hit = proba.gather(1, data.y[:, None])[:, 0]
    weight = patient_weights(data.patient).double()
    score = hit if data.per_patient else hit.clamp_min(_FLOOR).log()
    means = torch.zeros(int(data.patient.max()) + 1, dtype=torch.float64, device=hit.device)
    means = means.index_add_(0, data.patient, weight * score)
    return -float((means.clamp_min(_FLOOR).log() if data.per_patient else means).mean())
