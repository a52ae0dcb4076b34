"""Depthwise convolution between two stages, then a residual mix of the channels (arXiv:2406.02021, 2412.19628)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.branches import DepthwiseBranches
from supernet.convnorm import ConvNorm
from supernet.deploy import Residual, merge
from supernet.elastic import ElasticBatchNorm2d, ElasticConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class DepthwiseDown(OperatorModule):
    """[N, inputs, S, S] to [N, outputs, S', S']; output channel j reads input channel j * inputs // outputs."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        kernel, branch = max(c["kernel"] for c in configs), max(c["branch"] for c in configs)
        bias = any(config["bias"] for config in configs)
        self.depthwise = DepthwiseBranches(place.inputs, place.outputs, kernel, branch, place.stride, bias=bias)
        mixes = {config["mix"] for config in configs}
        mlps = [config for config in configs if config["mix"] == "mlp"]
        self.linear = _NormLinear(place.outputs) if "linear" in mixes else None
        self.mlp = _NormMLP(place.outputs, mlps) if mlps else None
        self.mix = configs[0]["mix"]

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.depthwise.configure(inputs, outputs, config["kernel"], config["branch"], bias=config["bias"])
        self.mix = config["mix"]
        if self.mix == "linear" and self.linear is not None:
            self.linear.configure(outputs)
        if self.mix == "mlp" and self.mlp is not None:
            self.mlp.configure(config, outputs)

    def prune(self) -> None:
        """Forget the mixes that are not active; called on a frozen copy."""
        self.linear = self.linear if self.mix == "linear" else None
        self.mlp = self.mlp if self.mix == "mlp" else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.depthwise(x)
        if self.mix == "linear" and self.linear is not None:
            return x + self.linear(x)
        if self.mix == "mlp" and self.mlp is not None:
            return x + self.mlp(x)
        return x

    def merged(self) -> nn.Module:
        """Return one depthwise convolution and one 1 x 1 convolution or the merged MLP."""
        layers = merge(self.depthwise)
        if self.linear is not None:
            layers.append(self.linear.merged_with_identity())
        if self.mlp is not None:
            layers.append(Residual(None, *merge(self.mlp)))
        return nn.Sequential(*layers)


class _NormLinear(nn.Module):
    """BatchNorm, then a 1 x 1 convolution without bias."""

    def __init__(self, width: int):
        super().__init__()
        self.norm: Any = ElasticBatchNorm2d(width)
        self.conv: Any = ElasticConv2d(width, width, bias=False)

    def configure(self, width: int) -> None:
        self.norm.channels = width
        self.conv.configure(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.norm(x))

    @torch.no_grad()
    def merged_with_identity(self) -> nn.Conv2d:
        """Return x + conv(norm(x)) as one convolution with a bias."""
        scale = self.norm.weight / (self.norm.running_var + self.norm.eps).sqrt()
        offset = self.norm.bias - scale * self.norm.running_mean
        weight = self.conv.weight[:, :, 0, 0]
        merged = nn.Conv2d(weight.shape[1], weight.shape[0], 1, dtype=weight.dtype, device=weight.device)
        assert merged.bias is not None
        merged.bias.copy_(weight @ offset)
        merged.weight.copy_((weight * scale + torch.eye(len(weight)).to(weight)).view_as(merged.weight))
        return merged


class _NormMLP(nn.Module):
    """Expand, BatchNorm, activate, project, BatchNorm."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__()
        hidden = max(int(width * config["expansion"]) for config in configs)
        self.expand = ConvNorm(width, hidden, 1, norm="batch_norm", bias=False)
        self.activation = activations(configs)
        self.project = ConvNorm(hidden, width, 1, norm="batch_norm", bias=False)

    def configure(self, config: OpConfig, width: int) -> None:
        hidden = int(width * config["expansion"])
        self.expand.configure(width, hidden)
        self.activation.configure(config["activation"])
        self.project.configure(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.activation(self.expand(x)))

    def merged(self) -> nn.Module:
        return nn.Sequential(*merge(self.expand), *merge(self.activation), *merge(self.project))


MODULE = DepthwiseDown
