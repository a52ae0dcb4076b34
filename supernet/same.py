"""TensorFlow's SAME padding: ceil(side / stride) outputs; an odd row of zeros goes to the bottom, a column right."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class SamePad(nn.Module):
    """Pads [N, C, H, W] for a convolution of ``kernel`` at ``stride`` that pads nothing itself."""

    def __init__(self, kernel: int, stride: int):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (self._missing(side) for side in x.shape[2:])
        return F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))

    def _missing(self, side: int) -> int:
        last = (-(-side // self.stride) - 1) * self.stride
        return max(last + self.kernel - side, 0)
