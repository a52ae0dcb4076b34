"""How unlike images are to the activations (Mellor et al., NASWOT, ICML 2021, arXiv:2006.04647)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from predictors.zero_cost._score import POINTWISE, Batch, NetworkScore, normalise_by_batch
from search_spaces import InputError


class Naswot(NetworkScore):
    """log |det K|, K [N,N] the number of activations that are on in both images or off in both.

    An activation is on where its input is positive: the paper's rectifiers are so exactly, GELU and its like nearly.
    Activations inside attention and gates do not count.
    """

    needs_images = True

    @torch.no_grad()
    def _measure(self, network: nn.Module, batch: Batch) -> float:
        alike: list[Tensor] = []
        for module in network.modules():
            if isinstance(module, POINTWISE):
                module.register_forward_pre_hook(lambda _, inputs: alike.append(_alike(inputs[0])))
        normalise_by_batch(network)(batch.images)
        if not alike:
            raise InputError("the network has no activation that is on or off, so it can not be scored by them")
        return float(torch.linalg.slogdet(torch.stack(alike).sum(0)).logabsdet)


def _alike(x: Tensor) -> Tensor:
    """Return for each two images [N,N] how many of the values of ``x`` [N,...] have equal signs."""
    on = (x > 0).flatten(1).double()
    return on @ on.T + (1 - on) @ (1 - on).T
