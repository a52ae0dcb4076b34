"""Progressive shrinking (OFA, arXiv:1908.09791)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from search_spaces import InputError, SearchSpace
from search_spaces.closing import Closable
from supernet.training.schedules._schedule import Schedule

Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class ProgressiveShrinking(Schedule):
    """The largest network alone, then one dimension after the other; what is closed is at its largest choice.

    Each option is the share of the training after which its dimension opens. With ``kernel`` everything opens that
    changes no size of the network's skeleton: kernels, dilations, operators and input sides. The paper has one
    operator; weights of others are private, so they train as soon as the largest network is done. The
    defaults follow the paper's 180, 120, 145 and 145 epochs, the last split over expansion and width.
    """

    kernel: Share = 0.3
    depth: Share = 0.5
    expansion: Share = 0.7
    width: Share = 0.85

    def __post_init__(self) -> None:
        if not self.kernel <= self.depth <= self.expansion <= self.width:
            shares = ", ".join(f"{name} {getattr(self, name)}" for name in self.__dataclass_fields__)
            raise InputError(f"shares must rise in the order kernel, depth, expansion, width; found {shares}")

    def opened(self, space: SearchSpace, done: float) -> SearchSpace | None:
        if done < self.kernel:
            return None
        opens: dict[Closable, float] = {"depth": self.depth, "expansion": self.expansion, "width": self.width}
        return space.closed(name for name, share in opens.items() if done < share)
