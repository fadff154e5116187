"""The one multimodal network; every torch entry is this skeleton with other parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn

from models.inputs import Batch, Resident, Tokens
from models.layers import Anew, Experts, Start, TokenScale, evidence_starts, mean_token, measure_statistics
from models.training import ClassPrior, Outputs


class FusionNetwork(nn.Module):
    """Encode each modality to tokens, give them one size, let each modality speak alone, fuse them.

    Args:
        encoders: Modality -> module Batch -> Tokens (b, t, dim); t may differ, dim may not.
        fusion: Module (modality -> Tokens, Votes) -> logits (b, n_classes).
        dim: Size of tokens.
        prior: What to say without evidence.
        bias: float (n_classes,), where the bias of the experts starts.
    """

    def __init__(
        self, encoders: Mapping[str, nn.Module], fusion: nn.Module, dim: int, prior: ClassPrior, bias: Tensor
    ) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict(encoders)
        self.scale = TokenScale(tuple(encoders))
        self.experts = Experts(tuple(encoders), dim, bias)
        self.fusion = fusion
        self.prior = prior

    def encoded(self, batch: Batch) -> dict[str, Tokens]:
        """Return modality -> tokens (b, t, dim) as the encoders make them."""
        return {name: encoder(batch) for name, encoder in self.encoders.items()}

    @torch.no_grad()
    def start(
        self,
        batches: Sequence[Batch],
        data: Resident,
        weight: Tensor,
        modalities: Collection[str],
        anew: Mapping[str, Anew] | None = None,
    ) -> dict[str, Start]:
        """Take the sizes of tokens and the heads of the experts from train, before training.

        Args:
            batches: Those of train, in evaluation form.
            data: Train.
            weight: float (n,), of specimens in the loss.
            modalities: Those whose heads start from a discriminant; the others stay silent.
            anew: See ``evidence_starts``.

        Returns:
            Modality -> the share and the shrinkage of the discriminant that its head starts with.
        """
        measure_statistics(self, self.encoded, batches)
        self.eval()
        means: dict[str, list[Tokens]] = {name: [] for name in self.encoders}
        for batch in batches:
            for name, tokens in self.encoded(batch).items():
                means[name].append(Tokens(mean_token(*tokens)[:, None], tokens.mask.any(dim=1, keepdim=True)))
        whole = {name: Tokens(*(torch.cat(part) for part in zip(*each, strict=True))) for name, each in means.items()}
        self.scale.measure(whole)
        known = {name: token for name, token in self.scale(whole).items() if name in modalities}
        if not known:
            return {}
        starts = evidence_starts(known, data.y, data.patient, weight, self.experts.bias, anew)
        for name, (values, mask) in known.items():
            self.experts.start(name, values[mask], data.y[mask[:, 0]], starts[name])
        return starts

    def tokens(self, batch: Batch) -> dict[str, Tokens]:
        """Return modality -> tokens (b, t, dim) of one size."""
        return self.scale(self.encoded(batch))

    def outputs(self, batch: Batch) -> Outputs:
        """Return what all modalities say together and what each says alone."""
        tokens = self.tokens(batch)
        votes = self.experts(tokens)
        logits = self.prior(self.fusion(tokens, votes), votes.mask.any(dim=1))
        cells = self.experts.each("images", tokens["images"]) if "images" in tokens else None
        return Outputs(logits, votes.logits + votes.bias, votes.mask, cells)

    def weights(self, batch: Batch) -> Tensor:
        """Return the share of each modality in the evidence, float (b, n_modalities); rows sum to 1, to 0 without any.

        Evidence is how far a modality alone moves the classes apart, times its weight where the fusion gives weights.
        """
        tokens = self.tokens(batch)
        votes = self.experts(tokens)
        size = votes.logits.amax(dim=2) - votes.logits.amin(dim=2)
        weigh = getattr(self.fusion, "weights", None)
        size = size if weigh is None else size * weigh(tokens)
        size = torch.where(votes.mask, size, 0)
        return size / size.sum(dim=1, keepdim=True).clamp_min(1e-9)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits, float (b, n_classes)."""
        return self.outputs(batch).logits
