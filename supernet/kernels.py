"""What the settings (kernel, dilation) of one elastic convolution do not share: transforms and private taps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor, nn

from supernet.primitive import Elastic, Pair

Setting = tuple[Pair, int]  # kernel (height, width) in taps, dilation


class KernelTransforms(nn.Module):
    """A separable transform R W C of the taps of each setting, shared by all channels.

    Once-for-all (arXiv:1908.09791) transforms the flattened kernel with one k^2 x k^2 matrix; two k x k matrices keep
    large kernels affordable (882 instead of 194,481 values for 21 x 21). R and C are the identity plus what is
    learned, so a transform starts as the identity and weight decay pulls it back there.
    """

    def __init__(self, settings: Iterable[Setting]):
        super().__init__()
        self.rows, self.columns = nn.ParameterDict(), nn.ParameterDict()
        for kernel, dilation in settings:
            name = _name(kernel, dilation)
            self.rows[name] = nn.Parameter(torch.zeros(kernel[0], kernel[0]))
            self.columns[name] = nn.Parameter(torch.zeros(kernel[1], kernel[1]))

    def forward(self, taps: Tensor, dilation: int) -> Tensor:
        """Map taps [..., kh, kw] to the same shape; those of a setting without a transform stay as they are."""
        name = _name((taps.shape[-2], taps.shape[-1]), dilation)
        if name not in self.rows:
            return taps
        return _plus_identity(self.rows[name]) @ taps @ _plus_identity(self.columns[name])


def _plus_identity(learned: Tensor) -> Tensor:
    return torch.eye(len(learned), dtype=learned.dtype, device=learned.device) + learned


def _name(kernel: Pair, dilation: int) -> str:
    return f"kernel{kernel[0]}x{kernel[1]}_dilation{dilation}"


class ElasticKernel(Elastic):
    """A convolution of several settings (kernel, dilation), which share their taps as far as nothing else is asked.

    ``shares_taps`` says whether they do at all: some have one setting only.
    """

    shares_taps: ClassVar[bool] = True
    weight: nn.Parameter
    kernel: Pair
    dilation: int

    def __init__(self) -> None:
        super().__init__()
        self.transforms: KernelTransforms | None = None
        self.private: nn.ParameterDict | None = None

    @property
    def setting(self) -> Setting:
        """The active kernel and dilation."""
        return self.kernel, self.dilation

    def transform(self, settings: Iterable[Setting]) -> None:
        """Give every one of ``settings`` but the whole dense kernel a transform of its own."""
        whole = ((self.weight.shape[2], self.weight.shape[3]), 1)
        self.transforms = KernelTransforms(setting for setting in settings if setting != whole)

    def separate(self, settings: Iterable[Setting]) -> None:
        """Give every dilation above 1 taps of its own, which start as those that they shared."""
        self.private = nn.ParameterDict()
        for dilation in sorted({dilation for _, dilation in settings} - {1}):
            kernels = [kernel for kernel, d in settings if d == dilation]
            largest = (max(k[0] for k in kernels), max(k[1] for k in kernels))
            self.private[str(dilation)] = nn.Parameter(self.shared_taps(largest, dilation).detach().clone())

    @abstractmethod
    def shared_taps(self, kernel: Pair, dilation: int) -> Tensor:
        """Return the taps of a setting in the shared weight, of all outputs and inputs."""

    def taps(self) -> Tensor:
        """Return the active taps [all outputs, all inputs of a group, *kernel], not transformed."""
        if self.private is None or (name := str(self.dilation)) not in self.private:
            return self.shared_taps(self.kernel, self.dilation)
        return centre(self.private[name], self.kernel)

    def transformed(self, taps: Tensor) -> Tensor:
        """Return the taps [..., *kernel] of the active setting after its transform, where it has one."""
        return taps if self.transforms is None else self.transforms(taps, self.dilation)


def centre(weight: Tensor, kernel: Pair, dilation: int = 1) -> Tensor:
    """Return the taps [..., *kernel] at centre + dilation * i of a dense kernel as one view; all of it as it is."""
    if tuple(weight.shape[2:]) == kernel and dilation == 1:
        return weight
    *others, down, right = weight.stride()
    top, left = ((full - (k - 1) * dilation - 1) // 2 for full, k in zip(weight.shape[2:], kernel, strict=True))
    start = weight.storage_offset() + top * down + left * right
    return weight.as_strided((*weight.shape[:2], *kernel), (*others, dilation * down, dilation * right), start)
