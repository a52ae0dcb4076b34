"""Two 1 x 1 convolutions with an activation, optional GRN and closing norm (arXiv:2111.11418, 2301.00808)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import fold_norms, fuse, merge
from supernet.elastic import ElasticConv2d, ElasticGRN
from supernet.layers import GRN
from supernet.operators._hidden import HiddenChannels, hidden_channels
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations, norms


class MLP(OperatorModule):
    """Expand, (normalise,) activate, (GRN,) project, (normalise).

    A closing norm starts at zero: a block starts as identity.
    """

    masks = frozenset({"width", "expansion"})

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width = place.inputs
        hidden = max(int(width * config["expansion"]) for config in configs)
        self.expand = ElasticConv2d(width, hidden, bias=any(_biased(config, "hidden_norm") for config in configs))
        self.hidden_norm = norms(configs, "hidden_norm", hidden)
        self.activation = activations(configs)
        self.grn = ElasticGRN(hidden) if any(config["grn"] for config in configs) else None
        self.project = ElasticConv2d(hidden, width, bias=any(_biased(config, "norm") for config in configs))
        self.norm = norms(configs, "norm", width, zero=True)
        self.use_grn = self.grn is not None

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        hidden = int(inputs * config["expansion"])
        self.expand.configure(inputs, hidden, bias=_biased(config, "hidden_norm"))
        self.hidden_norm.configure(config["hidden_norm"], hidden)
        self.project.configure(hidden, outputs, bias=_biased(config, "norm"))
        self.activation.configure(config["activation"])
        self.norm.configure(config["norm"], outputs)
        self.use_grn = config["grn"]
        if self.grn is not None:
            self.grn.channels = hidden

    def prune(self) -> None:
        """Forget the GRN where it is not active; called on a frozen copy."""
        self.grn = self.grn if self.use_grn else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self.hidden_norm(self.expand(x)))
        if self.use_grn and self.grn is not None:
            x = self.grn(x)
        return self.norm(self.project(x))

    def hidden_channels(self) -> HiddenChannels:
        return hidden_channels(self.project, self.expand, self.hidden_norm, self.grn)

    def merged(self) -> nn.Module:
        """Return expand, activation, (GRN without bias,) and one convolution for project, norm and GRN bias."""
        folds = isinstance(self.norm, nn.BatchNorm2d)
        project = fuse(self.project, self.norm) if folds else self.project
        layers = [*fold_norms([self.expand, *merge(self.hidden_norm)]), self.activation]
        if isinstance(self.grn, GRN):
            if project.bias is not None:
                with torch.no_grad():
                    project.bias.add_(project.weight[:, :, 0, 0] @ self.grn.bias)
                layers.append(_without_bias(self.grn))
            else:
                layers.append(self.grn)
        return nn.Sequential(*layers, project, *([] if folds or isinstance(self.norm, nn.Identity) else [self.norm]))


def _biased(config: OpConfig, norm: str) -> bool:
    return config["bias"] and config[norm] == "none"


def _without_bias(grn: GRN) -> GRN:
    plain = GRN(grn.weight.numel(), bias=False)
    plain.weight = grn.weight
    return plain


MODULE = MLP
