"""Everything from the first step (BigNAS, arXiv:2003.11142)."""

from __future__ import annotations

from dataclasses import dataclass

from search_spaces import SearchSpace
from supernet.training.schedules._schedule import Schedule


@dataclass(frozen=True)
class AllAtOnce(Schedule):
    """The whole space from the first step to the last."""

    def opened(self, space: SearchSpace, done: float) -> SearchSpace | None:
        return space
