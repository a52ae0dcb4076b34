"""Delayed epsilon-shrinking (DepS, arXiv:2407.06167)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from search_spaces import SearchSpace
from supernet.training.samplers import Subnet
from supernet.training.schedules._schedule import Price, Schedule


@dataclass(frozen=True)
class DelayedShrinking(Schedule):
    """The largest network alone for the share ``delay`` of the training, then all, the smaller ones slowly at first.

    The learning rate of what the smaller subnets contribute starts at ``epsilon`` of the largest one's and rises
    linearly to all of it over the share ``ramp`` of the training.
    """

    delay: Annotated[float, Field(ge=0, le=1)] = 0.5
    epsilon: Annotated[float, Field(gt=0, le=1)] = 0.1
    ramp: Annotated[float, Field(ge=0, le=1)] = 0.25

    def opened(self, space: SearchSpace, done: float) -> SearchSpace | None:
        return None if done < self.delay else space

    def factor(self, subnet: Subnet, space: SearchSpace, done: float, macs: Price) -> float:
        if subnet.role == "largest" or self.ramp == 0:
            return 1.0
        return min(1.0, self.epsilon + (1 - self.epsilon) * (done - self.delay) / self.ramp)
