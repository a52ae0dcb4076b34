"""Identity, square and two band-shaped depthwise convolutions (arXiv:2303.16900)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from search_spaces import OpConfig
from supernet.elastic import ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place


class InceptionDepthwise(OperatorModule):
    """Channels in the order identity, square, 1 x band, band x 1; each branch has int(width * ratio)."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        share = max(int(place.inputs * c["ratio"]) for c in configs)
        band, square = max(c["band"] for c in configs), max(c["square"] for c in configs)
        self.square = ElasticDepthwiseConv2d(share, (square, square), bias=True)
        self.row = ElasticDepthwiseConv2d(share, (1, band), bias=True)
        self.column = ElasticDepthwiseConv2d(share, (band, 1), bias=True)
        self.parts = (place.inputs - 3 * share, share, share, share)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        share, band, square = int(inputs * config["ratio"]), config["band"], config["square"]
        self.square.configure(share, (square, square))
        self.row.configure(share, (1, band))
        self.column.configure(share, (band, 1))
        self.parts = (inputs - 3 * share, share, share, share)

    def forward(self, x: Tensor) -> Tensor:
        same, square, row, column = torch.split(x, list(self.parts), dim=1)
        return torch.cat((same, self.square(square), self.row(row), self.column(column)), dim=1)


MODULE = InceptionDepthwise
