"""Augmentation of a batch: every image shifted at random, and mirrored half of the time if allowed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Augment:
    """Shift each image by up to ``padding`` pixels, filled with black; ``flip`` mirrors at random.

    The crop of a zero-padded image that ResNets are trained with on CIFAR (He et al. 2016, arXiv:1512.03385).
    """

    flip: bool
    padding: int

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return augmented ``images``, uint8 [N, C, H, W] in and out; all draws are ``generator``'s."""
        count, _, height, width = images.shape
        padded = functional.pad(images, [self.padding] * 4)
        windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # a view: [N, C, shifts, shifts, H, W]
        shifts = self._draw(2 * self.padding + 1, (2, count), images, generator)
        shifted = windows[torch.arange(count, device=images.device), :, shifts[0], shifts[1]]
        if not self.flip:
            return shifted
        mirrored = self._draw(2, (count, 1, 1, 1), images, generator).bool()
        return torch.where(mirrored, shifted.flip(3), shifted)

    @staticmethod
    def _draw(high: int, size: tuple[int, ...], images: Tensor, generator: torch.Generator) -> Tensor:
        return torch.randint(high, size, generator=generator, device=generator.device).to(images.device)
