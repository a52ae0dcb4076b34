"""Which form each pass of a depthwise convolution takes: from a table measured on the device, or by a rule."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from search_spaces import InputError
from supernet.depthwise.forms import FORMS

LARGE = 5  # taps in a row or column: smaller kernels without dilation are left to torch
_WIDE, _MUCH = 7, 1_000_000  # taps, numbers of an input
_NEAR, _MANY = 1.5, 4.0  # a measured case serves sides within the one factor, channels and batches within the other


class Case(NamedTuple):
    """What the time of a depthwise convolution depends on. Kernel and side are (rows, columns)."""

    kernel: tuple[int, int]
    dilation: int
    side: tuple[int, int]
    channels: int
    batch: int
    dtype: str
    device: str

    @classmethod
    def of(cls, shape: Sequence[int], kernel: Sequence[int], dilation: int, dtype: torch.dtype, device: str) -> Case:
        """Return the case of an input of shape [N,C,H,W]."""
        batch, channels, height, width = shape
        name = str(dtype).removeprefix("torch.")
        return cls((kernel[0], kernel[1]), dilation, (height, width), channels, batch, name, device)

    @property
    def elements(self) -> int:
        """How many numbers the input has."""
        return self.batch * self.channels * self.side[0] * self.side[1]

    def forms(self) -> list[str]:
        """Return the names of the forms that compute it here."""
        device, dtype = torch.device(self.device), getattr(torch, self.dtype)
        return [name for name, form in FORMS.items() if form.takes(device, dtype)]


class Forms(NamedTuple):
    """The names of the forms that the passes of a case take."""

    forward: str
    input: str
    weight: str


class Entry(NamedTuple):
    """The quickest forms of a case, as measured."""

    case: Case
    forms: Forms


@dataclass(frozen=True)
class DepthwiseTable:
    """Measured cases of one device."""

    entries: tuple[Entry, ...] = ()

    def find(self, case: Case) -> Entry | None:
        """Return the nearest measured case of the same kernel, dilation, type and device, if one is near."""
        alike = [e for e in self.entries if _same(e.case) == _same(case)]
        nearest = min(alike, key=lambda entry: _distance(entry.case, case), default=None)
        return nearest if nearest is not None and _distance(nearest.case, case) <= 1 else None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"entries": [{"case": entry.case._asdict(), "forms": entry.forms._asdict()} for entry in self.entries]}

    @classmethod
    def from_dict(cls, value: Any, where: str) -> DepthwiseTable:
        """Read the JSON form. Raises InputError starting with ``where``."""
        try:
            return cls(tuple(_entry(one) for one in value["entries"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{where}: not a table of depthwise convolutions: {type(error).__name__} {error}"
            ) from error


def _entry(value: dict[str, Any]) -> Entry:
    case = dict(value["case"])
    case |= {name: (int(case[name][0]), int(case[name][1])) for name in ("kernel", "side")}
    forms = Forms(**value["forms"])
    for name in forms:
        if name not in FORMS:
            raise ValueError(f"unknown form {name!r}; known are {', '.join(FORMS)}")
    return Entry(Case(**case), forms)


def _same(case: Case) -> tuple[object, ...]:
    return case.kernel, case.dilation, case.dtype, case.device


def _distance(one: Case, other: Case) -> float:
    """Return the largest difference of logarithms, of which 1 is the most that a measured case serves."""
    sides, numbers = zip(one.side, other.side, strict=True), [(one.channels, other.channels), (one.batch, other.batch)]
    far = [abs(math.log(a / b)) / math.log(_NEAR) for a, b in sides]
    return max(*far, *(abs(math.log(a / b)) / math.log(_MANY) for a, b in numbers))


_table = DepthwiseTable()
_recorded: list[dict[Case, None]] = []


def table_in_use() -> DepthwiseTable:
    """Return the table that forms are chosen from now."""
    return _table


@contextmanager
def use_table(table: DepthwiseTable) -> Iterator[None]:
    """Choose from a measured table inside the ``with``."""
    global _table
    before, _table = _table, table
    _forms.cache_clear()
    try:
        yield
    finally:
        _table = before
        _forms.cache_clear()


@contextmanager
def recorded() -> Iterator[dict[Case, None]]:
    """Collect the cases that are asked for inside the ``with``."""
    cases: dict[Case, None] = {}
    _recorded.append(cases)
    try:
        yield cases
    finally:
        _recorded.remove(cases)


def forms_of(x: Tensor, kernel: Sequence[int], dilation: int) -> Forms:
    """Return the forms for an input [N,C,H,W] and a kernel (rows, columns)."""
    if _recorded:
        case = Case.of(x.shape, kernel, dilation, x.dtype, x.device.type)
        for cases in _recorded:
            cases[case] = None
    return _forms(x.shape, (kernel[0], kernel[1]), dilation, x.dtype, x.device.type)


@cache
def _forms(shape: torch.Size, kernel: tuple[int, int], dilation: int, dtype: torch.dtype, device: str) -> Forms:
    return choose(Case.of(shape, kernel, dilation, dtype, device))


def choose(case: Case) -> Forms:
    """Return the forms of a case: as measured, or by the rule."""
    found = _table.find(case)
    if found is not None and set(found.forms) <= set(case.forms()):
        return found.forms
    return by_rule(case)


def by_rule(case: Case) -> Forms:
    """Return the forms that are quickest on the machines that were measured (docs/benchmarks.md)."""
    if case.device != "cpu":
        return Forms("stock", "native", "stock")
    if "vector" not in case.forms():
        return Forms("stock", "stock", _torch_alone(case))
    if case.dtype != "float32":
        return Forms("stock", "stock", "vector")
    # of few taps and many numbers, memory decides: ours copies an image before it computes
    copies = case.dilation == 1 and max(case.kernel) < _WIDE and case.elements >= _MUCH
    either = "stock" if copies else "vector"
    return Forms(either, either, "vector")


def _torch_alone(case: Case) -> str:
    """Return the form of the weight gradient where there is no machine code."""
    taps, side = max(case.kernel), max(case.side)
    enough = 5 if side <= 8 else 7 if side <= 16 else 9
    return "rows" if taps >= enough or (side <= 8 and case.dilation > 1) else "stock"
