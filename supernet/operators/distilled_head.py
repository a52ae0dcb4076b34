"""Mean over positions and the mean of two classifiers, for labels and for a teacher (arXiv:2012.12877)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticLinear
from supernet.operators._module import OperatorModule, Place
from supernet.parts import make_norm, set_channels


class DistilledHead(OperatorModule):
    """[N, width, S, S] to logits [N, classes], in training as in evaluation the mean of both classifiers."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        self.labels = _Classifier(place, config["norm"])
        self.teacher = _Classifier(place, config["norm"])

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        for classifier in (self.labels, self.teacher):
            set_channels(classifier.norm, inputs)
            classifier.linear.inputs = inputs

    def forward(self, x: Tensor) -> Tensor:
        x = x.mean((2, 3), keepdim=True)
        return (self.labels(x) + self.teacher(x)) / 2

    def merged(self) -> nn.Module:
        """Return the mean over positions and one linear layer."""
        (weight, bias), (other_weight, other_bias) = self.labels.affine(), self.teacher.affine()
        linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype, device=weight.device)
        with torch.no_grad():
            linear.weight.copy_((weight + other_weight) / 2)
            linear.bias.copy_((bias + other_bias) / 2)
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear)


class _Classifier(nn.Module):
    """Norm and linear layer of pooled maps [N, C, 1, 1]."""

    def __init__(self, place: Place, norm: str):
        super().__init__()
        self.norm: Any = make_norm(norm, place.inputs)
        self.linear: Any = ElasticLinear(place.inputs, place.outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.norm(x).flatten(1))

    @torch.no_grad()
    def affine(self) -> tuple[Tensor, Tensor]:
        """Return weight and bias of the frozen classifier as one affine map."""
        weight, bias = self.linear.weight, self.linear.bias
        if isinstance(self.norm, nn.Identity):
            return weight, bias
        scale = self.norm.weight / (self.norm.running_var + self.norm.eps).sqrt()
        return weight * scale, bias + weight @ (self.norm.bias - scale * self.norm.running_mean)


MODULE = DistilledHead
