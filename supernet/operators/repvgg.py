"""3 x 3, 1 x 1 and identity branches in training, one convolution when deployed (arXiv:2101.03697)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import fuse, merge
from supernet.elastic import ElasticBatchNorm2d
from supernet.operators._conv_layer import ConvLayer, Layer
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations, set_channels


class RepVGG(OperatorModule):
    """act(BN(conv k x k) + BN(conv 1 x 1) + BN(x)), the last where stride is 1 and inputs equal outputs.

    [N, inputs, S, S] to [N, outputs, S', S']. Smaller kernels are the centre of the largest, the inputs of a
    group a prefix of those of the largest group.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.stride = place.stride
        self.dense = ConvLayer([self._dense(c, place.inputs, place.outputs) for c in configs], place.sequence)
        self.point = ConvLayer([self._point(c, place.inputs, place.outputs) for c in configs], place.sequence)
        self.same = ElasticBatchNorm2d(min(place.inputs, place.outputs)) if place.stride == 1 else nn.Identity()
        self.activation = activations(configs)
        self.adds = False

    def _dense(self, config: OpConfig, inputs: int, outputs: int) -> Layer:
        return Layer(inputs, outputs, config["kernel"], self.stride, _groups(config))

    def _point(self, config: OpConfig, inputs: int, outputs: int) -> Layer:
        return Layer(inputs, outputs, 1, self.stride, _groups(config))

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.dense.configure(self._dense(config, inputs, outputs))
        self.point.configure(self._point(config, inputs, outputs))
        self.activation.configure(config["activation"])
        self.adds = self.stride == 1 and inputs == outputs
        set_channels(self.same, inputs)

    def prune(self) -> None:
        """Forget the identity branch where the shape changes; called on a copy to be frozen."""
        self.same = self.same if self.adds else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.dense(x) + self.point(x)
        return self.activation(y + self.same(x) if self.adds else y)

    def merged(self) -> nn.Module:
        """Return one convolution and the activation: each branch is a kernel with taps at its centre only."""
        conv = fuse(self.dense.conv, self.dense.norm)
        branches = [fuse(self.point.conv, self.point.norm)]
        if self.adds:
            branches.append(fuse(_identity(conv), self.same))
        for branch in branches:
            _add_centred(conv, branch)
        return nn.Sequential(conv, *merge(self.activation))


def _groups(config: OpConfig) -> int:
    """Return the groups of the convolutions; a stem has one."""
    return int(dict(config.params).get("groups", 1))


def _identity(like: nn.Conv2d) -> nn.Conv2d:
    """Return a 1 x 1 convolution of as many groups that passes its input on."""
    conv = nn.Conv2d(like.in_channels, like.out_channels, 1, groups=like.groups, bias=False).to(like.weight)
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[:, :, 0, 0].unflatten(0, (like.groups, -1)).diagonal(dim1=1, dim2=2).fill_(1)
    return conv.eval()


def _add_centred(conv: nn.Conv2d, point: nn.Conv2d) -> None:
    """Add a 1 x 1 convolution to the centre tap of another one."""
    assert conv.bias is not None and point.bias is not None
    top, left = (side // 2 for side in conv.weight.shape[2:])
    with torch.no_grad():
        conv.weight[:, :, top, left] += point.weight[:, :, 0, 0]
        conv.bias += point.bias


MODULE = RepVGG
