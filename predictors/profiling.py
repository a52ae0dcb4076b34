"""Profiling a device: which networks and blocks are measured, in groups, recorded so that a killed one continues.

First a spread over the space, then those of which the predictor is least sure (active learning; Settles, 2009).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path

import numpy as np

from predictors.backends import Backend, Known
from predictors.latency import LEAST_NETWORKS, LatencyPredictor
from predictors.pace import GROUP, at_pace, pacers, usual_pace
from predictors.parts import Part, build_part, parts
from predictors.profile import DeviceProfile
from predictors.records import BlockRecord, Record, append_records, read_records
from predictors.spread import far_apart
from search_spaces import Architecture, InputError, SearchSpace
from supernet import build, deploy

_SPREAD = 32  # networks that are drawn without asking the predictor
_POOL = 32  # drawn for each that is chosen by it
_FAR = 256  # drawn for those that lie far apart
_BLOCKS = 2  # single blocks that are timed with a group
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
    sources: Sequence[DeviceProfile] = (),
    on_progress: Callable[[ProfileProgress], None] = lambda progress: None,
) -> DeviceProfile:
    """Measure networks of ``space`` and single blocks of them, merged, until ``effort`` is enough, then some again.

    With ``sources``, profiles of other devices, few networks are measured and no blocks. Records are appended to
    ``records_path`` a group at a time; those that stand there are not measured again. Raises InputError when they were
    made under another key, or a source has the key of the back end or networks of another input size.
    """
    campaign = _Campaign(space, backend, effort, seed, records_path, sources)
    started = time.monotonic()
    while True:
        if time.monotonic() - started > effort.seconds and len(campaign.known) >= LEAST_NETWORKS:
            break
        predictor = campaign.predictor()
        error = None if predictor is None else predictor.cross_validation["mape"]
        done = len(campaign.known)
        on_progress(ProfileProgress(done, min(effort.networks, done + GROUP), error))
        group = campaign.next_group(predictor)
        if not group or (error is not None and error <= effort.error):
            break
        campaign.measure(group)
    campaign.measure_again()
    on_progress(ProfileProgress(len(campaign.known), len(campaign.known)))
    return campaign.profile()


class _Campaign:
    """What is measured so far, and what next."""

    def __init__(
        self,
        space: SearchSpace,
        backend: Backend,
        effort: Effort,
        seed: int,
        path: Path | str,
        sources: Sequence[DeviceProfile],
    ):
        self.space, self.backend, self.effort, self.seed, self.path = space, backend, effort, seed, path
        self.sources = tuple(sources)
        self.experts = {source.key.label: LatencyPredictor.fit(space, source) for source in sources}
        for source in sources:
            if source.key == backend.key:
                raise InputError(
                    f"a source was measured under the key of this device ({source.key.label}): join the two profiles "
                    "by nas profile merge"
                )
        self.known: dict[Architecture, Record] = {}
        self.again: list[Record] = []
        self.blocks: dict[Part, BlockRecord] = {}
        for record in read_records(path, backend.key):
            self._keep(record)

    def _keep(self, record: Record | BlockRecord) -> None:
        if isinstance(record, BlockRecord):
            self.blocks.setdefault(record.part, record)
        elif record.architecture in self.known:
            self.again.append(record)
        else:
            self.known[record.architecture] = record

    def profile(self) -> DeviceProfile:
        """Return all that is measured, in times as at the machine's usual pace."""
        networks, blocks = list(self.known.values()), list(self.blocks.values())
        usual = usual_pace([*networks, *self.again, *blocks])
        measured = at_pace(networks, usual), at_pace(self.again, usual), at_pace(blocks, usual)
        return DeviceProfile(self.backend.key, *measured, self.sources)

    @cached_property
    def _pacers(self) -> list[Known]:
        """What runs in every round; nothing in the first group, whose networks they are."""
        return pacers(list(self.known.values()))

    def predictor(self) -> LatencyPredictor | None:
        """Return what chooses the next networks; None while there are too few for it."""
        if len(self.known) < _SPREAD:
            return None
        return LatencyPredictor.fit(self.space, self.profile(), _QUICK, self.experts)

    def measure(self, group: Sequence[Architecture | Part]) -> None:
        """Measure networks and blocks together and record them."""
        networks = [deploy(build_part(one) if isinstance(one, Part) else build(one)) for one in group]
        shapes = [one.shape[1:] if isinstance(one, Part) else one.input_shape for one in group]
        found = self.backend.measure(networks, shapes, self._pacers if self.known else ()) if group else []
        records = [
            BlockRecord(o, m) if isinstance(o, Part) else Record(o, m) for o, m in zip(group, found, strict=True)
        ]
        append_records(self.path, self.backend.key, records)
        for record in records:
            self._keep(record)

    def measure_again(self) -> None:
        """Measure a twentieth of the networks a second time."""
        networks = list(self.known)
        lacking = max(0, max(2, round(_AGAIN * len(networks))) - len(self.again))
        places = np.linspace(0, len(networks) - 1, lacking + 2)[1:-1].round().astype(int)
        self.measure([networks[place] for place in dict.fromkeys(places.tolist())])

    def next_group(self, predictor: LatencyPredictor | None) -> list[Architecture | Part]:
        """Return what to measure next: what remains of the spread, or where the prediction is least sure."""
        wanted = min(GROUP, self.effort.networks - len(self.known))
        if wanted <= 0:
            return []
        networks = self._spread()[:wanted]
        if predictor is not None and not networks:
            networks = self._unsure(predictor, wanted)
        return [*self._blocks(predictor, len(networks)), *networks] if networks else []

    def _spread(self) -> list[Architecture]:
        """Return those networks of the spread that are not measured."""
        return [architecture for architecture in self._first if architecture not in self.known]

    @cached_property
    def _first(self) -> list[Architecture]:
        """The networks that are measured before the predictor is asked."""
        count = min(_SPREAD, self.effort.networks)
        if not self.sources:
            return networks_to_measure(self.space, count, self.seed)
        return far_apart(networks_to_measure(self.space, _FAR, self.seed), count, list(self.experts.values()))

    def _unsure(self, predictor: LatencyPredictor, wanted: int) -> list[Architecture]:
        """Return networks with wide intervals."""
        rng = np.random.default_rng([self.seed, len(self.known)])
        chosen: dict[Architecture, None] = {}
        for _ in range(wanted):
            drawn = (self.space.sample(rng) for _ in range(_POOL))
            pool = [one for one in drawn if one not in self.known and one not in chosen]
            if pool:
                _, low, high = predictor.predict(pool)
                chosen[pool[int(np.argmax(high / np.maximum(low, 1e-9)))]] = None
        return list(chosen)

    def _blocks(self, predictor: LatencyPredictor | None, networks: int) -> list[Part]:
        """Return parts of random networks: any at first, then those whose time is least known."""
        lacking = _BLOCKS * ceil((len(self.known) + networks) / GROUP) - len(self.blocks)
        if self.sources or lacking <= 0:
            return []
        rng = np.random.default_rng([self.seed, len(self.blocks) // _BLOCKS])
        drawn = list(dict.fromkeys(part for _ in range(_POOL) for part in parts(self.space.sample(rng))))
        pool = [drawn[place] for place in rng.permutation(len(drawn))]
        if predictor is not None and predictor.blocks is not None:
            pool = [pool[place] for place in np.argsort(-predictor.blocks.doubts(pool))]
        return [part for part in pool if part not in self.blocks][:lacking]
