"""Measuring which form is the quickest, case by case."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial

import torch

from supernet.depthwise.choice import Case, DepthwiseTable, Entry, Forms, by_rule
from supernet.depthwise.forms import FORMS, PASSES, Pass

_ROUNDS = 3
_HOPELESS = 2.0  # times the best so far: not timed again
_CLEAR = 0.9  # of the time of the form that the rule names: another must be this quick to take its place

Call = Callable[[], object]


def measure_cases(cases: Iterable[Case]) -> DepthwiseTable:
    """Return the quickest form of each pass of each case, with torch's present number of threads.

    Forms are interleaved; the least of three rounds counts, because others' work only adds.
    """
    entries = [Entry(case, Forms(**{what: _quickest(case, what) for what in PASSES})) for case in cases]
    return DepthwiseTable(tuple(entries))


def _quickest(case: Case, what: Pass) -> str:
    calls, usual = _calls(case, what), getattr(by_rule(case), what)
    clock = time.perf_counter if case.device == "cuda" else time.process_time
    with torch.no_grad():
        for call in _calls(case._replace(batch=1), what).values():  # makes the code that a form makes
            call()
        best = {name: _seconds(call, clock) for name, call in calls.items()}
        for _ in range(_ROUNDS):
            limit = _HOPELESS * min(best.values())
            for name in [name for name, seconds in best.items() if seconds <= limit]:
                best[name] = min(best[name], _seconds(calls[name], clock))
    found = min(best, key=best.__getitem__)
    return usual if usual in best and best[found] > _CLEAR * best[usual] else found


def _calls(case: Case, what: Pass) -> dict[str, Call]:
    generator = torch.Generator().manual_seed(0)
    like = {"dtype": getattr(torch, case.dtype), "device": case.device}
    shape = (case.batch, case.channels, *case.side)
    x, towards = (
        torch.randn(shape, generator=generator).to(**like).contiguous(memory_format=torch.channels_last)
        for _ in range(2)
    )
    weight = torch.randn(case.channels, 1, *case.kernel, generator=generator).to(**like)
    forms = {name: FORMS[name] for name in case.forms() if what in FORMS[name].own}
    if what == "forward":
        return {name: partial(form.forward, x, weight, None, case.dilation) for name, form in forms.items()}
    if what == "input":
        return {name: partial(form.input_gradient, towards, weight, case.dilation) for name, form in forms.items()}
    return {name: partial(f.weight_gradient, x, towards, case.kernel, case.dilation) for name, f in forms.items()}


def _seconds(call: Call, clock: Callable[[], float]) -> float:
    started = clock()
    call()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - started
