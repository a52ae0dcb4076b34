"""Norm of the gradients at the start (Abdelfattah et al., ICLR 2021, arXiv:2101.08134)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from predictors.zero_cost._score import Batch, NetworkScore, normalise_by_batch, trained


class GradNorm(NetworkScore):
    """Sum over all weights of the Euclidean norm of the gradient of the cross-entropy on one batch."""

    needs_images = True

    def _measure(self, network: nn.Module, batch: Batch) -> float:
        weights = trained(normalise_by_batch(network))
        loss = F.cross_entropy(network(batch.images), batch.labels)
        gradients = torch.autograd.grad(loss, weights, allow_unused=True)
        return sum(float(gradient.norm()) for gradient in gradients if gradient is not None)
