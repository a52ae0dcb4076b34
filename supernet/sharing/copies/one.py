"""One copy of the weights: every subnet shares them."""

from __future__ import annotations

from dataclasses import dataclass

from search_spaces import SearchSpace
from supernet.sharing.copies._copies import Copies, Router


@dataclass(frozen=True)
class One(Copies):
    """All subnets share one copy."""

    def router(self, space: SearchSpace) -> Router:
        return Router()
