"""Inverted residual: expand, depthwise convolution, linear projection (arXiv:1801.04381)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d
from supernet.operators._attention import SqueezeExcite
from supernet.operators._conv_block import Layers, MobileBlock, whole
from supernet.operators._conv_layer import ConvLayer, Layer
from supernet.operators._hidden import HiddenChannels, hidden_channels
from supernet.operators._module import Place


class InvertedBottleneck(MobileBlock):
    """inputs -> hidden (1 x 1; not at expansion 1) -> hidden (depthwise at the stride) -> outputs (1 x 1)."""

    attended = "spatial"

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        # Without an expansion the hidden channels are those that enter, which have their order from elsewhere.
        self.expands = all(config["expansion"] != 1 for config in configs)

    def layers(self, config: OpConfig, inputs: int, outputs: int) -> Layers:
        hidden, activation = whole(inputs * config["expansion"]), config["activation"]
        expand = {"expand": Layer(inputs, hidden, activation=activation)} if config["expansion"] != 1 else {}
        return {
            **expand,
            "spatial": Layer(hidden, hidden, config["kernel"], self.stride, groups=hidden, activation=activation),
            "project": Layer(hidden, outputs),
        }

    def hidden_channels(self) -> HiddenChannels | None:
        if not self.expands:
            return None
        expand, spatial, project = (cast(ConvLayer, self.convs[name]) for name in ("expand", "spatial", "project"))
        parts: list[nn.Module] = [expand.conv, expand.norm, spatial.conv, spatial.norm]
        reads: list[tuple[Tensor, int]] = []
        for attention in self.attention.operators.values():
            if isinstance(attention, SqueezeExcite):
                parts += [attention.excite.conv, attention.excite.norm]
                reads.append((cast(ElasticConv2d, attention.squeeze.conv).weight, 1))
        hidden = hidden_channels(cast(ElasticConv2d, project.conv), *parts)
        return hidden._replace(tensors=hidden.tensors + reads)


MODULE = InvertedBottleneck
