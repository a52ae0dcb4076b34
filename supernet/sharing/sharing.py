"""The sharing of a supernet: what settings, operators and values of a choice have of their own. Data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from search_spaces import SearchSpace
from supernet.sharing.copies import COPIES, Copies, One
from supernet.sharing.norm_banks import check_names


@dataclass(frozen=True)
class Sharing:
    """How the subnets of a space share weights.

    Kernels and dilations share taps (a smaller kernel is the centre, a dilated one every d-th tap); with
    ``kernel_transforms`` each (kernel, dilation) transforms them in its own way, with ``private_dilations`` each
    dilation has taps of its own. Mixers share the rest of their block; with ``private_blocks`` each has norm, gate and
    channel mixer of its own (choice blocks, arXiv:1904.00420). ``norm_banks`` are names as rules of a space file use
    them (``width``, ``mixer``, ``kernel``): every BatchNorm has weights and statistics for each of their values.
    ``shadow_norms``: an operator that sums several branches has them for each number of branches. ``copies``: of all
    the weights, and what uses which.
    """

    kernel_transforms: bool = False
    private_dilations: bool = False
    private_blocks: bool = False
    norm_banks: tuple[str, ...] = ()
    shadow_norms: bool = True
    copies: Copies = One()

    def __post_init__(self) -> None:
        check_names(self.norm_banks)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; `supernet.training.parse_method` reads it."""
        name = next(name for name, kind in COPIES.items() if type(self.copies) is kind)
        return {**asdict(self), "norm_banks": list(self.norm_banks), "copies": {name: asdict(self.copies)}}

    def check(self, space: SearchSpace) -> None:
        """Raise InputError when this does not fit a space."""
        self.copies.router(space)
