"""A moving average of the weights (Polyak and Juditsky 1992; in supernets: BigNAS, arXiv:2003.11142)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Average:
    """An exponential moving average of parameters, by name in ``values``."""

    def __init__(self, parameters: Mapping[str, nn.Parameter], decay: float):
        self.decay = decay
        self.values = {name: parameter.detach().clone() for name, parameter in parameters.items()}

    @torch.no_grad()
    def update(self, parameters: Mapping[str, nn.Parameter], step: int) -> None:
        """Take in the parameters after ``step`` steps; early ones weigh less, so that the start is forgotten."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in self.values.items():
            value.lerp_(parameters[name], 1 - decay)

    @torch.no_grad()
    def give_to(self, parameters: Mapping[str, nn.Parameter]) -> None:
        """Replace the parameters by their average."""
        for name, value in self.values.items():
            parameters[name].copy_(value)

    def load(self, values: Mapping[str, Tensor]) -> None:
        """Continue from saved values."""
        for name, value in self.values.items():
            value.copy_(values[name])
