"""How unlike the gradients of images are (Mellor et al., first version of arXiv:2006.04647)."""

from __future__ import annotations

import torch
from torch import nn

from predictors.zero_cost._score import Batch, NetworkScore, normalise_by_batch

_LEAST = 1e-5  # so that the logarithm of an eigenvalue of zero exists


class JacobCov(NetworkScore):
    """-sum of log(e + k) + 1 / (e + k), e the eigenvalues of the correlation of the images' Jacobians, k = 1e-5.

    An image's Jacobian is the gradient of the sum of its logits by its pixels.
    """

    needs_images = True

    def _measure(self, network: nn.Module, batch: Batch) -> float:
        images = batch.images.clone().requires_grad_()
        total = normalise_by_batch(network)(images).sum()
        (jacobians,) = torch.autograd.grad(total, images)
        correlation = torch.corrcoef(jacobians.flatten(1).double())
        if not torch.isfinite(correlation).all():
            return float("nan")  # an image of which no pixel counts
        values = torch.linalg.eigvalsh(correlation).clamp(min=0) + _LEAST
        return -float((values.log() + 1 / values).sum())
