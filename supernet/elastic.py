"""Elastic primitives: each owns the full weight and an active slice, and freezes into a plain module.

The active slice is set by `Supernet.activate` alone, through the operators' ``configure``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from supernet import joint
from supernet.depthwise import depthwise_conv2d
from supernet.kernels import ElasticKernel, centre
from supernet.layers import GRN, ChannelScale, GroupNormNoBias, LayerNorm2d
from supernet.primitive import Elastic, Pair, prefix


def _set(parameter: nn.Parameter | Tensor | None, value: Tensor | None) -> None:
    if parameter is not None and value is not None:
        with torch.no_grad():
            parameter.copy_(value)


def _plain_conv(
    weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair, dilation: int, groups: int
) -> nn.Conv2d:
    """Return torch's own convolution with these weights [outputs, inputs / groups, *kernel]."""
    outputs, depth, *kernel = weight.shape
    sizes = (depth * groups, outputs, (kernel[0], kernel[1]))
    conv = nn.Conv2d(*sizes, stride, padding, dilation=dilation, groups=groups, bias=bias is not None)
    _set(conv.weight, weight)
    _set(conv.bias, bias)
    return conv


def pair(value: int | Pair) -> Pair:
    """Return (value, value) for a number, a pair as it is."""
    return (value, value) if isinstance(value, int) else value


class ElasticConv2d(ElasticKernel):
    """Convolution with prefixes of its output and input channels and the centre of its kernel active.

    With ``groups`` the input channels of a group are a prefix of those of the full weight. Without ``padding``
    it is half the reach of the active kernel. Kernels of every ``dilation`` share their taps.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | Pair = 1,
        stride: int | Pair = 1,
        bias: bool = True,
        *,
        groups: int = 1,
        padding: int | Pair | None = None,
    ):
        super().__init__()
        self.full = self.kernel = pair(kernel)
        fan = self.full[0] * self.full[1]
        self.weight = nn.Parameter(torch.empty(outputs, inputs // groups, *self.full))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        nn.init.trunc_normal_(self.weight, std=(2.0 / ((inputs + outputs) * fan / groups)) ** 0.5)
        self.stride, self.groups, self.dilation = pair(stride), groups, 1
        self.fixed_padding = None if padding is None else pair(padding)
        self.inputs, self.outputs, self.use_bias = inputs, outputs, bias

    def configure(
        self,
        inputs: int,
        outputs: int,
        kernel: int | Pair | None = None,
        groups: int | None = None,
        bias: bool = True,
        dilation: int = 1,
    ) -> None:
        """Choose the active channels, the bias, the dilation and, where given, the kernel and the number of groups."""
        self.inputs, self.outputs, self.dilation = inputs, outputs, dilation
        self.use_bias = bias and self.bias is not None
        self.kernel = self.kernel if kernel is None else pair(kernel)
        self.groups = self.groups if groups is None else groups

    @property
    def padding(self) -> Pair:
        """Rows and columns of zeros on each side."""
        return self.fixed_padding or (self.dilation * (self.kernel[0] // 2), self.dilation * (self.kernel[1] // 2))

    def active(self) -> tuple[Tensor, Tensor | None]:
        """Return weight [outputs, inputs / groups, *kernel] and bias [outputs] of the active slice."""
        bias = self.rows(self.bias) if self.bias is not None and self.use_bias else None
        return self.transformed(self.rows(self.taps(), self.inputs // self.groups)), bias

    def shared_taps(self, kernel: Pair, dilation: int) -> Tensor:
        return centre(self.weight, kernel)

    def rows(self, full: Tensor, *inputs: int) -> Tensor:
        """Return the active outputs of a full weight or bias, of a weight those of its first ``inputs``."""
        return prefix(full, self.outputs, *inputs)

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.active()
        return F.conv2d(x, weight, bias, self.stride, self.padding, self.dilation, self.groups)

    def frozen(self) -> nn.Module:
        weight, bias = self.active()
        return _plain_conv(weight, bias, self.stride, self.padding, self.dilation, self.groups)


class ElasticDepthwiseConv2d(ElasticKernel):
    """Depthwise convolution whose (kernel, dilation) reads the taps at centre + dilation * i.

    ``reach`` is (height, width) of the dense kernel in taps, both odd; a kernel of (k, k) with dilation d
    needs (k - 1) * d + 1 of them. So every setting has the same tap at the same offset.
    """

    def __init__(self, channels: int, reach: tuple[int, int], bias: bool = False, stride: int = 1):
        super().__init__()
        self.stride = stride
        self.weight = nn.Parameter(torch.empty(channels, 1, *reach))
        nn.init.trunc_normal_(self.weight, std=(2.0 / (reach[0] * reach[1])) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None
        self.reach = reach
        self.channels, self.kernel, self.dilation, self.use_bias = channels, reach, 1, bias

    def configure(self, channels: int, kernel: tuple[int, int], dilation: int = 1, bias: bool = True) -> None:
        """Choose the active channels (a prefix), taps and bias. Raises ValueError beyond the reach."""
        if any((k - 1) * dilation + 1 > r for k, r in zip(kernel, self.reach, strict=True)):
            raise ValueError(f"kernel {kernel} with dilation {dilation} is beyond the reach {self.reach}")
        self.channels, self.kernel, self.dilation = channels, kernel, dilation
        self.use_bias = bias and self.bias is not None

    def shared_taps(self, kernel: Pair, dilation: int) -> Tensor:
        return centre(self.weight, kernel, dilation)

    def active(self) -> tuple[Tensor, Tensor | None]:
        """Return weight [channels, 1, *kernel] and bias [channels] of the active slice."""
        bias = self.rows(self.bias) if self.bias is not None and self.use_bias else None
        return self.transformed(self.rows(self.taps())), bias

    def rows(self, full: Tensor) -> Tensor:
        """Return the active channels of a full weight or bias."""
        return prefix(full, self.channels)

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.active()
        if self.stride == 1:
            return depthwise_conv2d(x, weight, bias, self.dilation)
        return F.conv2d(x, weight, bias, self.stride, self.padding, self.dilation, self.channels)

    @property
    def padding(self) -> Pair:
        """Rows and columns of zeros on each side."""
        return self.dilation * (self.kernel[0] // 2), self.dilation * (self.kernel[1] // 2)

    def frozen(self) -> nn.Module:
        weight, bias = self.active()
        return _plain_conv(weight, bias, pair(self.stride), self.padding, self.dilation, self.channels)


class ElasticBatchNorm2d(Elastic):
    """Batch normalisation over a prefix of the channels (arXiv:1502.03167).

    Where several processes train together its batch is theirs together.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.eps, self.momentum, self.channels = eps, momentum, channels

    def forward(self, x: Tensor) -> Tensor:
        c = self.channels
        mean, var = prefix(self.running_mean, c), prefix(self.running_var, c)
        weight, bias = prefix(self.weight, c), prefix(self.bias, c)
        if self.training and joint.ranks() > 1:
            return joint.batch_norm(x, mean, var, weight, bias, self.momentum, self.eps)
        return F.batch_norm(x, mean, var, weight, bias, self.training, self.momentum, self.eps)

    def frozen(self) -> nn.Module:
        norm = nn.BatchNorm2d(self.channels, self.eps, self.momentum)
        for name in ("weight", "bias", "running_mean", "running_var"):
            _set(getattr(norm, name), getattr(self, name)[: self.channels])
        return norm


class ElasticLayerNorm(Elastic):
    """Layer normalisation over a prefix of the channels, of maps [N,C,H,W] or (not ``spatial``) of [...,C]."""

    def __init__(self, channels: int, spatial: bool, eps: float = 1e-6, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None
        self.eps, self.spatial, self.channels = eps, spatial, channels

    def forward(self, x: Tensor) -> Tensor:
        c = self.channels
        weight, bias = prefix(self.weight, c), None if self.bias is None else prefix(self.bias, c)
        if not self.spatial:
            return F.layer_norm(x, (c,), weight, bias, self.eps)
        return F.layer_norm(x.permute(0, 2, 3, 1), (c,), weight, bias, self.eps).permute(0, 3, 1, 2)

    def frozen(self) -> nn.Module:
        kind = LayerNorm2d if self.spatial else nn.LayerNorm
        norm = kind(self.channels, eps=self.eps, bias=self.bias is not None)
        _set(norm.weight, self.weight[: self.channels])
        _set(norm.bias, None if self.bias is None else self.bias[: self.channels])
        return norm


class ElasticGroupNorm(Elastic):
    """Normalisation over positions and groups of a prefix of the channels (arXiv:1803.08494)."""

    def __init__(self, channels: int, eps: float = 1e-5, bias: bool = True, groups: int = 1):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None
        self.eps, self.channels, self.groups = eps, channels, groups

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = prefix(self.weight, self.channels), self.bias
        bias = None if bias is None else prefix(bias, self.channels)
        return F.group_norm(x, self.groups, weight, bias, self.eps)

    def frozen(self) -> nn.Module:
        norm = (nn.GroupNorm if self.bias is not None else GroupNormNoBias)(self.groups, self.channels, eps=self.eps)
        _set(norm.weight, self.weight[: self.channels])
        _set(norm.bias, None if self.bias is None else self.bias[: self.channels])
        return norm


class ElasticLinear(Elastic):
    """Linear layer on [..., inputs] with prefixes of its inputs and outputs active."""

    def __init__(self, inputs: int, outputs: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        nn.init.trunc_normal_(self.weight, std=0.02)
        self.inputs, self.outputs = inputs, outputs

    def _active(self) -> tuple[Tensor, Tensor | None]:
        bias = None if self.bias is None else prefix(self.bias, self.outputs)
        return prefix(self.weight, self.outputs, self.inputs), bias

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, *self._active())

    def frozen(self) -> nn.Module:
        weight, bias = self._active()
        linear = nn.Linear(self.inputs, self.outputs, bias=bias is not None)
        _set(linear.weight, weight)
        _set(linear.bias, bias)
        return linear


class ElasticConv1d(Elastic):
    """One-channel convolution along a sequence; a smaller kernel is the centre of the full one."""

    def __init__(self, kernel: int):
        super().__init__()
        full = nn.Conv1d(1, 1, kernel, bias=False)
        self.weight = full.weight
        self.full, self.kernel = kernel, kernel

    def active(self) -> Tensor:
        """Return the active taps [1, 1, kernel]."""
        cut = (self.full - self.kernel) // 2
        return self.weight[:, :, cut : self.full - cut]

    def forward(self, x: Tensor) -> Tensor:
        return F.conv1d(x, self.active(), padding=self.kernel // 2)

    def frozen(self) -> nn.Module:
        conv = nn.Conv1d(1, 1, self.kernel, padding=self.kernel // 2, bias=False)
        _set(conv.weight, self.active())
        return conv


class ElasticScale(Elastic):
    """Learned factor for a prefix of the channels (layer scale, arXiv:2103.17239)."""

    def __init__(self, channels: int, init: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), init))
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        return x * prefix(self.weight, self.channels).view(1, -1, 1, 1)

    def frozen(self) -> nn.Module:
        scale = ChannelScale(self.channels)
        _set(scale.weight, self.weight[: self.channels])
        return scale


class ElasticGRN(Elastic):
    """Global response normalisation over a prefix of the channels (arXiv:2301.00808)."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        return GRN.normalise(x, prefix(self.weight, self.channels), prefix(self.bias, self.channels))

    def frozen(self) -> nn.Module:
        grn = GRN(self.channels)
        _set(grn.weight, self.weight[: self.channels])
        _set(grn.bias, self.bias[: self.channels])
        return grn
