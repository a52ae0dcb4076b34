"""Labelled inputs in memory: one split, one source as read, and the data set that training and search use.

A sequence is an image of height 1: the same networks, batches and figures serve both.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from search_spaces.architecture import Layout


@dataclass(frozen=True, eq=False)
class Split:
    """Images, uint8 [N, C, H, W], or sequences, float32 [N, C, 1, length], with their class indices, int64 [N]."""

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
    layout: Layout = "image"


@dataclass(frozen=True)
class Normalise:
    """Shifts and scales every channel by the mean and deviation of the training split.

    Both are of pixels on the scale 0..1 for images (uint8), of the values as they are for sequences (float32).
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, images: Tensor) -> Tensor:
        """Return ``images`` [N, C, H, W] as float32; those of the training split have mean 0, deviation 1."""
        one = 1 if images.is_floating_point() else 255
        scale = [1 / (one * std) for std in self.std]
        shift = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
        return torch.addcmul(_per_channel(shift, images), images.float(), _per_channel(scale, images))


@dataclass(frozen=True, eq=False)
class ImageData:
    """Three disjoint splits of square images or of sequences, the statistics of training, and a digest of it all.

    ``resolution`` is the side of the images, or the length of the sequences. ``mean`` and ``std`` are those of
    `Normalise`. ``digest`` is a SHA-256 over the values and labels of every split. ``flip`` says whether a mirrored
    image still shows its class.
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
    layout: Layout

    @property
    def normalise(self) -> Normalise:
        """The normalisation of inputs."""
        return Normalise(self.mean, self.std)

    def recalibration_images(self, count: int) -> Tensor:
        """Return ``count`` training images (all, where there are fewer), [count, C, H, W] as `Split` has them.

        They are the first of one fixed random order, so every subnet is recalibrated on the same mixture of
        classes, and fewer images are a prefix of more.
        """
        order = torch.randperm(len(self.train), generator=torch.Generator().manual_seed(0))
        return self.train.images[order[:count]]


def _per_channel(values: list[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=like.device).view(1, -1, 1, 1)
