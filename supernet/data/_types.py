"""Labelled images in memory: one split, one source as read, and the data set that training and search use."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Split:
    """Images, uint8 [N, C, H, W], with their class indices, int64 [N]."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels)

    def select(self, indices: Tensor) -> Split:
        """Return the images at ``indices`` (int64 [M]), copied, in that order."""
        return Split(self.images[indices], self.labels[indices])


@dataclass(frozen=True, eq=False)
class Source:
    """A data set as its files give it: ``parts`` has ``train`` and perhaps ``validation`` and ``test``."""

    name: str
    classes: tuple[str, ...]
    flip: bool
    parts: dict[str, Split]


@dataclass(frozen=True, eq=False)
class ImageData:
    """Three disjoint splits of square images, the statistics of the training pixels, and a digest of it all.

    ``mean`` and ``std`` are per channel, of pixels on the scale 0..1. ``digest`` is a SHA-256 over the pixels
    and labels of every split. ``flip`` says whether a mirrored image still shows its class.
    """

    name: str
    classes: tuple[str, ...]
    channels: int
    resolution: int
    train: Split
    validation: Split
    test: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]
    digest: str
    flip: bool

    def normalise(self, images: Tensor) -> Tensor:
        """Return uint8 ``images`` [N, C, H, W] as float32; training pixels have mean 0, deviation 1."""
        scale = [1 / (255 * std) for std in self.std]
        shift = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
        return torch.addcmul(_per_channel(shift, images), images.float(), _per_channel(scale, images))

    def recalibration_images(self, count: int) -> Tensor:
        """Return ``count`` training images (all, where there are fewer), uint8 [count, C, H, W].

        They are the first of one fixed random order, so every subnet is recalibrated on the same mixture of
        classes, and fewer images are a prefix of more.
        """
        order = torch.randperm(len(self.train), generator=torch.Generator().manual_seed(0))
        return self.train.images[order[:count]]


def _per_channel(values: list[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=like.device).view(1, -1, 1, 1)
