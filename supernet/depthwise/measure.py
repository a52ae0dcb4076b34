"""Measuring which form is the quickest, case by case."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial

import torch

from supernet.depthwise.choice import Case, DepthwiseTable, Entry, Forms
from supernet.depthwise.forms import FORMS

_ROUNDS = 3
_HOPELESS = 3.0  # times the best so far: not timed again

Call = Callable[[], object]


def measure_cases(cases: Iterable[Case]) -> DepthwiseTable:
    """Return the quickest form of each pass of each case, with torch's present number of threads.

    Forms are interleaved; the least of three rounds counts, because others' work only adds.
    """
    entries = [Entry(case, Forms(*(_quickest(case, what) for what in Forms._fields))) for case in cases]
    return DepthwiseTable(tuple(entries), torch.get_num_threads())


def _quickest(case: Case, what: str) -> str:
    calls = _calls(case, what)
    with torch.no_grad():
        best = {name: _seconds(call) for name, call in calls.items()}  # also warms
        for _ in range(_ROUNDS):
            limit = _HOPELESS * min(best.values())
            for name in [name for name, seconds in best.items() if seconds <= limit]:
                best[name] = min(best[name], _seconds(calls[name]))
    return min(best, key=best.__getitem__)


def _calls(case: Case, what: str) -> dict[str, Call]:
    generator = torch.Generator().manual_seed(0)
    like = {"dtype": getattr(torch, case.dtype), "device": case.device}
    shape = (case.batch, case.channels, *case.side)
    x, towards = (
        torch.randn(shape, generator=generator).to(**like).contiguous(memory_format=torch.channels_last)
        for _ in range(2)
    )
    weight = torch.randn(case.channels, 1, *case.kernel, generator=generator).to(**like)
    forms = {name: FORMS[name] for name in case.forms()}
    if what == "forward":
        return {name: partial(form.forward, x, weight, None, case.dilation) for name, form in forms.items()}
    if what == "input":
        return {name: partial(form.input_gradient, towards, weight, case.dilation) for name, form in forms.items()}
    return {name: partial(f.weight_gradient, x, towards, case.kernel, case.dilation) for name, f in forms.items()}


def _seconds(call: Call) -> float:
    started = time.perf_counter()
    call()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started
