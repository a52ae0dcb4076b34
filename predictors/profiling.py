"""Profiling a device: which networks are measured, in groups, recorded so that a killed profiling continues.

First a spread over the space, then those of which the predictor is least sure (active learning; Settles, 2009).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from predictors.backends import Backend
from predictors.latency import LatencyPredictor
from predictors.profile import DeviceProfile, Record, append_records, read_records
from search_spaces import Architecture, SearchSpace
from supernet import build, deploy

_GROUP = 8  # networks that are timed together, and the unit of resuming
_LEAST = 10  # networks that a predictor needs
_SPREAD = 32  # networks that are drawn without asking the predictor
_POOL = 32  # drawn for each that is chosen by it
_AGAIN = 0.05  # share of the networks that is measured a second time, for the noise
_QUICK = ("non_negative", "gaussian_process")  # regressors that say where to measure next


@dataclass(frozen=True)
class Effort:
    """When a profiling has measured enough: so many networks, or so many seconds, or so small an error.

    ``error`` is the cross-validated mean relative error. The first that is reached ends it; at least ten networks are
    measured.
    """

    networks: int = 1_000_000
    seconds: float = float("inf")
    error: float = 0.0


@dataclass(frozen=True)
class ProfileProgress:
    """How many networks are measured, of how many at most, and the cross-validated mean error where it is known."""

    done: int
    total: int
    error: float | None = None


def networks_to_measure(space: SearchSpace, count: int, seed: int) -> list[Architecture]:
    """Return ``count`` different networks (fewer in a small space): the extremes, then samples.

    Samples that bring an operator not seen yet come first, so that every operator of the space is measured.
    """
    rng = np.random.default_rng([seed, 0])
    drawn = dict.fromkeys([space.largest(), space.smallest()])
    for _ in range(50 * count):
        drawn[space.sample(rng)] = None
        if len(drawn) >= 10 * count:
            break
    chosen = list(drawn)[:2]
    seen = set().union(*(architecture.operators for architecture in chosen))
    rest = list(drawn)[2:]
    for architecture in rest:
        if architecture.operators - seen:
            chosen.append(architecture)
            seen |= architecture.operators
    chosen += [architecture for architecture in rest if architecture not in set(chosen)]
    return chosen[:count]


def profile_space(
    space: SearchSpace,
    backend: Backend,
    effort: Effort,
    *,
    seed: int,
    records_path: Path | str,
    on_progress: Callable[[ProfileProgress], None] = lambda progress: None,
) -> DeviceProfile:
    """Measure networks of ``space``, merged, until ``effort`` is enough, then some of them again.

    Records are appended to ``records_path`` a group at a time; those that stand there are not measured again. Raises
    InputError when they were made under another key.
    """
    records = read_records(records_path, backend.key)
    firsts = {record.architecture: record for record in reversed(records)}
    started = time.monotonic()
    while True:
        known = [record for record in records if firsts[record.architecture] is record]
        if time.monotonic() - started > effort.seconds and len(known) >= _LEAST:
            break
        predictor = _predictor(space, backend, known) if len(known) >= _SPREAD else None
        error = None if predictor is None else predictor.cross_validation["mape"]
        on_progress(ProfileProgress(len(known), min(effort.networks, len(known) + _GROUP), error))
        group = _next_group(space, predictor, known, effort, seed)
        if not group or (error is not None and error <= effort.error):
            break
        records += _measured(backend, records_path, group)
        firsts |= {record.architecture: record for record in reversed(records) if record.architecture not in firsts}
    again = [record for record in records if firsts[record.architecture] is not record]
    lacking = max(0, max(2, round(_AGAIN * len(known))) - len(again))
    places = np.linspace(0, len(known) - 1, lacking + 2)[1:-1].round().astype(int)
    again += _measured(backend, records_path, [known[i].architecture for i in dict.fromkeys(places.tolist())])
    on_progress(ProfileProgress(len(known), len(known)))
    return DeviceProfile(backend.key, tuple(known), tuple(again))


def _measured(backend: Backend, path: Path | str, group: Sequence[Architecture]) -> list[Record]:
    """Measure a group of networks and record it."""
    networks = [deploy(build(architecture)) for architecture in group]
    found = backend.measure(networks, [architecture.input_shape for architecture in group]) if group else []
    records = [Record(a, m) for a, m in zip(group, found, strict=True)]
    append_records(path, backend.key, records)
    return records


def _predictor(space: SearchSpace, backend: Backend, known: Sequence[Record]) -> LatencyPredictor:
    return LatencyPredictor.fit(space, DeviceProfile(backend.key, tuple(known)), _QUICK)


def _next_group(
    space: SearchSpace, predictor: LatencyPredictor | None, known: Sequence[Record], effort: Effort, seed: int
) -> list[Architecture]:
    """Return the networks to measure next: what remains of the spread, or where the prediction is least sure."""
    wanted, measured = min(_GROUP, effort.networks - len(known)), {record.architecture for record in known}
    if wanted <= 0:
        return []
    spread = networks_to_measure(space, min(_SPREAD, effort.networks), seed)
    left = [architecture for architecture in spread if architecture not in measured]
    if left or predictor is None:
        return left[:wanted]
    rng = np.random.default_rng([seed, len(known)])
    chosen: dict[Architecture, None] = {}
    for _ in range(wanted):
        pool = [one for one in (space.sample(rng) for _ in range(_POOL)) if one not in measured and one not in chosen]
        if pool:
            _, low, high = predictor.predict(pool)
            chosen[pool[int(np.argmax(high / np.maximum(low, 1e-9)))]] = None
    return list(chosen)
