"""A trained network that teaches a supernet it is no part of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from search_spaces import Architecture, InputError
from supernet import checkpoint
from supernet.data import ImageData
from supernet.evaluate import resized


class Teacher:
    """A network that sees the images of ``data`` at its own side, normalised by its own statistics.

    ``mean`` and ``std`` are per channel, of pixels on the scale 0..1; ``classes`` are names, or numbers where they
    are not known; ``name`` is for messages. Raises InputError when its channels or classes are not those of the data.
    """

    def __init__(
        self,
        network: nn.Module,
        architecture: Architecture,
        data: ImageData,
        *,
        name: str,
        mean: Sequence[float],
        std: Sequence[float],
        classes: Sequence[str],
    ):
        _check(name, architecture, classes, data)
        self.name = name
        self.network = network.eval().requires_grad_(False)
        self.resolution = architecture.resolution
        own_mean, own_std = torch.tensor(mean), torch.tensor(std)
        data_mean, data_std = torch.tensor(data.mean), torch.tensor(data.std)
        # What takes the data's normalisation back and puts the teacher's in its place.
        self.scale = (data_std / own_std).view(1, -1, 1, 1)
        self.shift = ((data_mean - own_mean) / own_std).view(1, -1, 1, 1)
        # SHA-256 (hex) of what decides its outputs.
        self.digest = checkpoint.tensors_digest({**network.state_dict(), "mean": own_mean, "std": own_std})

    def to(self, device: torch.device) -> Teacher:
        """Move the network and its statistics; return self."""
        self.network.to(device)
        self.scale, self.shift = self.scale.to(device), self.shift.to(device)
        return self

    @torch.no_grad()
    def logits(self, images: Tensor) -> Tensor:
        """Return logits [N, classes] of images [N, C, R, R] that are normalised as the data are."""
        own = torch.addcmul(self.shift, images, self.scale)
        return self.network(resized(own, self.resolution)).float()


def _check(name: str, architecture: Architecture, classes: Sequence[str], data: ImageData) -> None:
    if architecture.layout != "image" or architecture.channels != data.channels:
        found = f"{architecture.layout}s of {architecture.channels} channels"
        raise InputError(f"teacher {name} sees {found}, {data.name} has images of {data.channels}")
    if architecture.classes != len(data.classes):
        raise InputError(f"teacher {name} knows {architecture.classes} classes, {data.name} has {len(data.classes)}")
    named = list(classes) != [str(i) for i in range(len(classes))]
    if named and tuple(classes) != data.classes:
        other = next((a, b) for a, b in zip(classes, data.classes, strict=True) if a != b)
        raise InputError(f"teacher {name} knows other classes than {data.name}: {other[0]!r} where it has {other[1]!r}")
