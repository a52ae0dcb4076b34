"""A learning rate that falls sooner for smaller subnets (CaLR of DYNAS, arXiv:2503.10740)."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Annotated

from pydantic import Field

from search_spaces import SearchSpace
from supernet.training.samplers import Subnet
from supernet.training.schedules._schedule import Price, Schedule

Exponent = Annotated[float, Field(ge=0, le=16)]


@dataclass(frozen=True)
class SizeExponents(Schedule):
    """The factor (1 - done)^exponent, from ``smallest`` to ``largest`` linearly in the logarithm of the MACs.

    Small networks converge early; a large one still learns when they have settled.
    """

    smallest: Exponent = 4.0
    largest: Exponent = 0.25

    def opened(self, space: SearchSpace, done: float) -> SearchSpace | None:
        return space

    def factor(self, subnet: Subnet, space: SearchSpace, done: float, macs: Price) -> float:
        low, high = log(macs(space.smallest())), log(macs(space.largest()))
        place = (log(macs(subnet.architecture)) - low) / (high - low) if high > low else 1.0
        exponent = self.smallest + (self.largest - self.smallest) * min(1.0, max(0.0, place))
        return (1 - done) ** exponent
