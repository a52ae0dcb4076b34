"""Latency of a network from measurements on the user's device: a sum over its blocks, corrected, with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from predictors.metrics import mape, relative_errors, within
from predictors.parts import Part, additive_range
from predictors.profile import DeviceProfile
from predictors.ranking import tau
from predictors.regressors import REGRESSORS, Encoded, Ensemble, Regressor, standardised
from predictors.regressors.encoded import Floats
from predictors.regressors.ensemble import NORMAL
from predictors.regressors.non_negative import NonNegative
from predictors.table import CostTable
from predictors.trace import Call, Trace
from predictors.values import PartValues
from search_spaces import Architecture, InputError, SearchSpace
from search_spaces import Block as BlockConfig
from search_spaces.architecture import size_text
from search_spaces.operators import BLOCK_SLOTS, OPERATORS

MEMBERS = ("non_negative", "ridge", "gaussian_process", "boosting")
_LEAST = 0.01  # of the quickest measured network: what none is predicted below
_MARGIN = 0.02  # that a correction may go further than on the measured networks
_UNKNOWN = 0.5  # of the prediction: half an interval more for an operator without a measurement
_GENERAL = (
    *("networks", "calls", "pointwise_macs", "dense_macs", "depthwise_macs", "dilated_macs"),
    *("depthwise_elements", "dilated_elements", "dense_elements", "other_elements"),
)


def _kind(call: Call) -> str:
    """Name the kernel that runs a call: what decides its speed."""
    if not call.filters:
        return "dense" if call.product else "other"
    if call.groups > 1:
        return "dilated" if call.dilation > 1 else "depthwise"
    return "pointwise" if max(call.filters[2:]) == 1 else "dense"


class Features:
    """What a network's latency is a sum of: kernel calls, MACs and elements by kind, blocks by operator."""

    def __init__(self, operators: Sequence[str]):
        in_blocks = [op for op in operators if not set(OPERATORS[op].slots).isdisjoint(BLOCK_SLOTS)]
        self.names = (*_GENERAL, *(f"{op}_blocks" for op in in_blocks))
        self._index = {name: i for i, name in enumerate(self.names)}
        self.values = PartValues("deploy", self._vector)

    def _vector(self, part: Part, traced: Trace) -> np.ndarray:
        vector = np.zeros(len(self.names))
        self._add(vector, "networks", float(part.kind == "stem"))
        self._add(vector, "calls", len(traced.calls))
        for call in traced.calls:
            kind = _kind(call)
            self._add(vector, f"{kind}_macs", call.macs)
            self._add(vector, f"{'dense' if kind == 'pointwise' else kind}_elements", call.elements)
        if isinstance(part.config, BlockConfig):
            for config in part.config.slots().values():
                self._add(vector, f"{config.op}_blocks", 1.0)
        return vector

    def _add(self, vector: np.ndarray, name: str, amount: float) -> None:
        if name in self._index:
            vector[self._index[name]] += amount


class LatencyPredictor:
    """Milliseconds of the merged network on the profile's device, with a 90 % interval.

    An ensemble of regressors, none of which may leave the sum over blocks further than they did on the measured
    networks. ``cross_validation`` holds, from 5 folds of the profile: ``mape``, ``median_error``, ``within_10`` (share
    within 10 %), ``tau``, and the median half-width of the interval, ``interval``; ``ladder`` the simpler predictors
    beside it, and the profile against its own second measurements, the ceiling.
    """

    def __init__(self, space: SearchSpace, features: Features, operators: set[str], quickest: float):
        self.space, self.features, self.operators = space, features, operators
        self.least = _LEAST * quickest
        self.cross_validation: dict[str, float] = {}
        self.ladder: dict[str, dict[str, float]] = {}

    @classmethod
    def fit(cls, space: SearchSpace, profile: DeviceProfile, members: Sequence[str] = MEMBERS) -> LatencyPredictor:
        """Fit to a profile. Raises InputError when its networks are of another input size, or fewer than 10."""
        records = profile.records
        if len(records) < 10:
            raise InputError(f"a latency profile needs at least 10 networks, found {len(records)}")
        for record in records:
            _check_size(space, record.architecture)
        networks = [record.architecture for record in records]
        times = np.array([record.measurement.median_ms for record in records])
        operators = set().union(*(network.operators for network in networks))
        predictor = cls(space, Features(sorted(operators)), operators, float(times.min()))
        predictor._learn(networks, times, {name: REGRESSORS[name] for name in members})
        predictor.ladder |= _ceiling(profile)
        return predictor

    def _learn(self, networks: Sequence[Architecture], times: Floats, members: Mapping[str, type[Regressor]]) -> None:
        sums = self._sums(networks)
        self._reference = np.log1p(sums)
        x = self._encoded(sums)
        self.block_sum = NonNegative(relative=True).fit(x, times)
        self.ensemble = Ensemble(members, relative=True).fit(x, times)
        unseen = {name: mean for name, (mean, _) in self.ensemble.unseen.items()}
        mean, sd = self.ensemble.cross_validated
        self.reach = float(np.abs(np.log(mean / unseen.get("non_negative", mean))).max()) + _MARGIN
        table = CostTable(self.space)
        costs = [table.price(network) for network in networks]
        for name in ("macs", "activations"):
            self.ladder[name] = {"tau": tau([cost[name] for cost in costs], times)}
        self.ladder |= {name: _figures(predicted, times) for name, predicted in unseen.items()}
        self.cross_validation = {"networks": len(times), **_figures(mean, times), "interval": _median_half(mean, sd)}
        self.ladder["ours"] = _figures(mean, times)

    def predict(self, architectures: Sequence[Architecture]) -> tuple[Floats, Floats, Floats]:
        """Return milliseconds, lower and upper ends of the 90 % interval, each [N].

        An operator that the profile did not measure is priced by its work, and widens the interval by half of the
        prediction (`unmeasured` names it).
        """
        x = self._encoded(self._sums(architectures))
        base = np.maximum(self.block_sum.predict(x)[0], self.least)
        mean, sd = self.ensemble.predict(x)
        mean = np.clip(mean, base * np.exp(-self.reach), base * np.exp(self.reach))
        doubt = [_UNKNOWN if architecture.operators - self.operators else 0.0 for architecture in architectures]
        half = NORMAL * sd + np.array(doubt) * mean
        return mean, np.maximum(mean - half, 0.0), mean + half

    def members(self, architectures: Sequence[Architecture]) -> dict[str, Floats]:
        """Return the milliseconds [N] by each regressor alone that has a weight; the sum over blocks always."""
        x = self._encoded(self._sums(architectures))
        return {"non_negative": self.block_sum.predict(x)[0], **self.ensemble.each(x)}

    def unmeasured(self) -> list[str]:
        """Return the operators of the space that the profile holds no measurement of."""
        found = {self.space.stem.op, self.space.head.op}
        for stage in self.space.stages:
            found |= {config.op for config in stage.downsamples if config is not None}
            for block in range(max(shape.depth for shape in stage.shapes())):
                found |= {config.op for configs in stage.candidates(block).values() for config in configs}
        return sorted(found - self.operators)

    def range(self) -> tuple[float, float]:
        """Return bounds of the prediction over all networks of the space: exact for the sum over blocks."""

        def value(part: Part) -> np.ndarray:
            return np.array([self.features.values(part) @ self.block_sum.coefficients])

        low, high = additive_range(self.space, value)
        return float(max(low[0], self.least) * np.exp(-self.reach)), float(high[0] * np.exp(self.reach))

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted model for reading: milliseconds per unit of each feature, and what each member weighs."""
        coefficients = dict(zip(self.features.names, self.block_sum.coefficients.tolist(), strict=True))
        return {"block_sum": coefficients, "weights": self.ensemble.weights, "reach": self.reach}

    def _sums(self, architectures: Sequence[Architecture]) -> Floats:
        found = [self.features.values.total(architecture) for architecture in architectures]
        return np.array(found, dtype=np.float64).reshape(len(found), len(self.features.names))

    def _encoded(self, sums: Floats) -> Encoded:
        none = np.zeros((len(sums), 0), dtype=np.int64)
        work = standardised(sums, np.expm1(self._reference))
        return Encoded(none, (), {"work": work, "logs": standardised(np.log1p(sums), self._reference)}, sums)


def _figures(predicted: Floats, times: Floats) -> dict[str, float]:
    return {
        "mape": mape(predicted, times),
        "median_error": float(np.median(relative_errors(predicted, times))),
        "within_10": within(predicted, times),
        "tau": tau(predicted, times),
    }


def _median_half(mean: Floats, sd: Floats) -> float:
    """Return half of a 90 % interval as a share of the prediction, the median of all."""
    return float(np.median(NORMAL * sd / mean))


def _ceiling(profile: DeviceProfile) -> dict[str, dict[str, float]]:
    """Return how well the first measurements predict the second ones; nothing where there are fewer than two."""
    first = {record.architecture: record.measurement.median_ms for record in profile.records}
    both = [(first[r.architecture], r.measurement.median_ms) for r in profile.again if r.architecture in first]
    if len(both) < 2:
        return {}
    known, again = np.array(both).T
    return {"measured again": _figures(known, again)}


def _check_size(space: SearchSpace, architecture: Architecture) -> None:
    found = (architecture.channels, architecture.resolution)
    if found[0] != space.channels or found[1] not in space.resolutions:
        sizes = " or ".join(size_text(side, space.layout, space.channels) for side in space.resolutions)
        raise InputError(
            f"the latency profile measured inputs of {size_text(found[1], architecture.layout, found[0])}, "
            f"the space has {sizes}; profile this space anew"
        )
