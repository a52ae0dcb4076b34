"""What residual styles have in common: how the parts of a block are joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import Residual, fold_norms, merge, scale_last
from supernet.elastic import ElasticScale
from supernet.operators._module import OperatorModule, Place


class ResidualStyle(OperatorModule):
    """Joins the parts of a block; called with the block, whose parts it runs.

    ``branches`` is the number of residual branches, each with a learned layer scale and shortcut scale where
    the configuration asks for them; ``used`` of them run (a block without a channel mixer needs one).
    """

    branches: int = 1

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        params = [dict(config.params) for config in configs]
        init = max(float(p.get("layer_scale", 0)) for p in params)
        scaled = any(p.get("residual_scale") for p in params)
        self.scales = _scales(self.branches, place.outputs, init) if init else None
        self.shortcuts = _scales(self.branches, place.outputs, 1.0) if scaled else None
        self.use_scales, self.use_shortcuts, self.repeats = init > 0, scaled, 1
        self.used = self.branches
        self.drop: Callable[[Tensor], Tensor] | None = None  # of a branch, while stochastic depth trains

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        params = dict(config.params)
        self.use_scales, self.use_shortcuts = bool(params.get("layer_scale")), bool(params.get("residual_scale"))
        self.repeats = config["repeats"]
        for scale in (*(self.scales or ()), *(self.shortcuts or ())):
            cast(ElasticScale, scale).channels = outputs

    def prune(self) -> None:
        """Forget the scales that are not active; called on a frozen copy."""
        self.scales = self.scales[: self.used] if self.scales is not None and self.use_scales else None
        self.shortcuts = self.shortcuts[: self.used] if self.shortcuts is not None and self.use_shortcuts else None

    def join(self, branch: int, x: Tensor, y: Tensor) -> Tensor:
        """Return the sum of the shortcut x and the output y of a branch."""
        if self.use_scales and self.scales is not None:
            y = self.scales[branch](y)
        if self.use_shortcuts and self.shortcuts is not None:
            x = self.shortcuts[branch](x)
        return x + (y if self.drop is None else self.drop(y))

    def run(self, x: Tensor, block: Any) -> Tensor:
        """Apply the parts of ``block`` once."""
        raise TypeError(f"{type(self).__name__} does not define run")

    def forward(self, x: Tensor, block: Any = None) -> Tensor:
        for _ in range(self.repeats):
            x = self.run(x, block)
        return x

    def merged_branch(self, branch: int, *parts: nn.Module) -> nn.Module:
        """Return a branch of a frozen block with its parts merged and its layer scale folded in."""
        layers = fold_norms([layer for part in parts for layer in merge(part)])
        if self.scales is not None:
            layers = scale_last(layers, cast(Any, self.scales[branch]))
        return Residual(self.shortcuts[branch] if self.shortcuts is not None else None, *layers)


def normed(mixer: nn.Module, norm: nn.Module) -> nn.Module:
    """Return a frozen mixer and the norm after it, as one convolution where they fold."""
    return nn.Sequential(*fold_norms([*merge(mixer), *merge(norm)]))


def _scales(count: int, channels: int, init: float) -> nn.ModuleList:
    return nn.ModuleList(ElasticScale(channels, init) for _ in range(count))
