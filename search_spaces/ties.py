"""What holds the blocks of a stage together: equal choices, schedules along the stage, an order of operators.

A tie reads one thing of every block (its value, or nothing where the choice does not exist there) and has a
state: what the blocks so far leave open. Equal networks pass through equal states, so counting the ways
through the states counts every network once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from search_spaces.architecture import OpConfig
from search_spaces.operators import Slot

State = Hashable
CLOSED = None  # the state that no block can follow


@dataclass(frozen=True)
class Tied:
    """What a tie reads: the whole configuration of a slot, its operator ("op"), or a parameter of one operator."""

    slot: Slot
    op: str = ""
    param: str = ""

    @property
    def text(self) -> str:
        """The name in a space file: ``mixer``, ``mixer.op``, ``mixer.dw_conv.kernel``."""
        return ".".join(filter(None, (self.slot, self.op, self.param)))

    def value(self, block: Mapping[Slot, OpConfig]) -> Hashable:
        """Return what stands in a block; None where the choice does not exist in it."""
        config = block[self.slot]
        if not self.op:
            return config
        if not self.param:
            return config.op
        return config[self.param] if config.op == self.op else None


@dataclass(frozen=True)
class Tie(ABC):
    """A condition on all blocks of a stage together."""

    tied: Tied

    @abstractmethod
    def start(self) -> State:
        """Return the state before the first block."""

    @abstractmethod
    def after(self, state: State, block: int, value: Hashable) -> State:
        """Return the state after block number ``block`` has ``value``, or CLOSED when that is not allowed."""

    @property
    @abstractmethod
    def text(self) -> str:
        """Say the condition in a few words."""


@dataclass(frozen=True)
class Equal(Tie):
    """All blocks of the stage in which the choice exists have the same value."""

    def start(self) -> State:
        return ()

    def after(self, state: State, block: int, value: Hashable) -> State:
        if value is None or state == (value,):
            return state
        return (value,) if state == () else CLOSED

    @property
    def text(self) -> str:
        return f"{self.tied.text}: equal in all blocks of a stage"


@dataclass(frozen=True)
class Schedule(Tie):
    """Blocks follow one of the named patterns, each repeated along the stage."""

    patterns: tuple[tuple[str, tuple[Hashable, ...]], ...] = ()

    def start(self) -> State:
        return tuple(range(len(self.patterns)))

    def after(self, state: State, block: int, value: Hashable) -> State:
        if value is None:
            return state
        assert isinstance(state, tuple)
        return tuple(i for i in state if self._at(i, block) == value) or CLOSED

    def _at(self, pattern: int, block: int) -> Hashable:
        values = self.patterns[pattern][1]
        return values[block % len(values)]

    @property
    def text(self) -> str:
        patterns = (f"{name} ({', '.join(map(str, values))})" for name, values in self.patterns)
        return f"{self.tied.text}: one of the schedules {', '.join(patterns)}"


@dataclass(frozen=True)
class Ordered(Tie):
    """Values come in the order in which the file lists them: none returns after a later one."""

    order: tuple[Hashable, ...] = ()

    def start(self) -> State:
        return 0

    def after(self, state: State, block: int, value: Hashable) -> State:
        if value is None:
            return state
        assert isinstance(state, int)
        place = self.order.index(value)
        return place if place >= state else CLOSED

    @property
    def text(self) -> str:
        return f"{self.tied.text}: in the order {', '.join(map(str, self.order))} along a stage"
