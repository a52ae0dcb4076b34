"""Several BatchNorms in one place, of which the network that is active has one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from torch import Tensor, nn

from supernet.elastic import ElasticBatchNorm2d
from supernet.primitive import Elastic


class BatchNormBank(Elastic):
    """BatchNorms by name, each with weights and statistics of its own over a prefix of the channels.

    One per width is switchable BatchNorm (slimmable networks, arXiv:1812.08928), one per number of summed branches
    is shadow BatchNorm (MixPath, arXiv:2001.05887).
    """

    def __init__(self, norms: Mapping[str, nn.Module]):
        super().__init__()
        self.norms = nn.ModuleDict(norms)
        self.active = next(iter(norms))
        self.channels = cast(Any, self.norms[self.active]).channels

    @classmethod
    def of(cls, channels: int, names: Iterable[str]) -> BatchNormBank:
        """Return one new BatchNorm over ``channels`` for each name."""
        return cls({name: ElasticBatchNorm2d(channels) for name in names})

    def share(self) -> None:
        """Let one BatchNorm serve every name."""
        first = next(iter(self.norms))
        self.norms = nn.ModuleDict({first: self.norms[first]})

    def _norm(self) -> Any:
        norm: Any = self.norms[self.active if self.active in self.norms else next(iter(self.norms))]
        norm.channels = self.channels
        return norm

    def forward(self, x: Tensor) -> Tensor:
        return self._norm()(x)

    def frozen(self) -> nn.Module:
        return self._norm().frozen()
