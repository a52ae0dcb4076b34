"""Attention with narrow keys, wide values and a bias for each distance (arXiv:2104.01136, 2503.23135)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.branches import DepthwiseBranches
from supernet.convnorm import ConvNorm
from supernet.operators._module import OperatorModule, Place
from supernet.table import ElasticTable


class LeViTAttention(OperatorModule):
    """Every convolution is followed by BatchNorm; biases belong to absolute distances along the two axes.

    Fewer heads are the first ones; a smaller side has the smaller distances.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        keys = max(config["heads"] * config["key_width"] for config in configs)
        values = max(config["heads"] * _value_width(config, place.inputs) for config in configs)
        self.heads, kernel = max(c["heads"] for c in configs), max(c["query_kernel"] for c in configs)
        self.query, self.key = _pointwise(place.inputs, keys), _pointwise(place.inputs, keys)
        self.value = _pointwise(place.inputs, values)
        self.local = DepthwiseBranches(keys, keys, kernel) if kernel else None
        self.use_local = kernel > 0
        self.distances = ElasticTable((self.heads, *self.sides))
        self.project = _pointwise(values, place.outputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.heads = config["heads"]
        keys, values = self.heads * config["key_width"], self.heads * _value_width(config, inputs)
        self.query.configure(inputs, keys)
        self.key.configure(inputs, keys)
        self.value.configure(inputs, values)
        self.use_local = config["query_kernel"] > 0
        if self.local is not None and self.use_local:
            self.local.configure(keys, keys, config["query_kernel"])
        self.distances.configure(self.heads, *self.sides)
        self.project.configure(values, outputs)

    def prune(self) -> None:
        """Forget the convolution of the queries where it is not active; called on a frozen copy."""
        self.local = self.local if self.use_local else None

    def forward(self, x: Tensor) -> Tensor:
        query = self.query(x)
        if self.use_local and self.local is not None:
            query = self.local(query)
        query, key, value = self._heads(query), self._heads(self.key(x)), self._heads(self.value(x))
        mixed = F.scaled_dot_product_attention(query, key, value, self._bias()[None])
        mixed = mixed.transpose(2, 3).flatten(1, 2).unflatten(2, tuple(x.shape[2:]))
        return self.project(F.relu(mixed))

    def _bias(self) -> Tensor:
        """Return the number [heads, H * W, H * W] of every two positions."""
        table = self.distances()
        places = (torch.arange(side, device=table.device) for side in self.sides)
        rows, columns = ((place[:, None] - place).abs() for place in places)
        return table[:, rows[:, None, :, None], columns[None, :, None, :]].flatten(3).flatten(1, 2)

    def _heads(self, x: Tensor) -> Tensor:
        """Return a map [N, C, H, W] as [N, heads, H * W, C / heads]."""
        return x.flatten(2).unflatten(1, (self.heads, -1)).transpose(2, 3)


def _pointwise(inputs: int, outputs: int) -> ConvNorm:
    return ConvNorm(inputs, outputs, 1, norm="batch_norm", bias=False)


def _value_width(config: OpConfig, width: int) -> int:
    return config["value_width"] or width // config["heads"]


MODULE = LeViTAttention
