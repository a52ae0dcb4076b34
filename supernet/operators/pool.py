"""Average pooling minus identity (arXiv:2111.11418)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.operators._module import OperatorModule, Place


class Pool(OperatorModule):
    """k x k mean of the positions inside the image, minus the input."""

    masks = frozenset({"width"})

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.kernel = max(config["kernel"] for config in configs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.kernel = config["kernel"]

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, self.kernel, 1, self.kernel // 2, count_include_pad=False) - x


MODULE = Pool
