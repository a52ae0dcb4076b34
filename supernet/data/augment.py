"""Augmentation of a batch: every input shifted at random, and an image mirrored half of the time if allowed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Augment:
    """Shift each image by up to ``padding`` pixels, filled with black; ``flip`` mirrors at random.

    The crop of a zero-padded image that ResNets are trained with on CIFAR (He et al. 2016, arXiv:1512.03385).
    A sequence (height 1) is shifted along its length and filled with its first or last value, for its zero
    may mean anything.
    """

    flip: bool
    padding: int

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return augmented ``images``, [N, C, H, W] of one type in and out; all draws are ``generator``'s."""
        count, _, height, width = images.shape
        padded, down = self._padded(images)
        windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # a view: [N, C, shifts, shifts, H, W]
        rows = self._draw(2 * down + 1, (count,), images, generator)
        columns = self._draw(2 * self.padding + 1, (count,), images, generator)
        shifted = windows[torch.arange(count, device=images.device), :, rows, columns]
        if not self.flip:
            return shifted
        mirrored = self._draw(2, (count, 1, 1, 1), images, generator).bool()
        return torch.where(mirrored, shifted.flip(3), shifted)

    def _padded(self, images: Tensor) -> tuple[Tensor, int]:
        """Return the images with a margin, and how much of it is above and below."""
        if images.shape[2] == 1:
            return functional.pad(images, [self.padding, self.padding, 0, 0], mode="replicate"), 0
        return functional.pad(images, [self.padding] * 4), self.padding

    @staticmethod
    def _draw(high: int, size: tuple[int, ...], images: Tensor, generator: torch.Generator) -> Tensor:
        return torch.randint(high, size, generator=generator, device=generator.device).to(images.device)
