"""Latency of a network from measurements on the user's device: a sum over its blocks, with an interval.

Non-negative least squares on structure, weighted for relative error; the interval is split conformal from
cross-validated residuals (Vovk et al., Algorithmic Learning in a Random World, 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
from scipy.optimize import nnls

from predictors.metrics import mape, relative_errors, within
from predictors.parts import Part, additive_range
from predictors.profile import DeviceProfile
from predictors.ranking import tau
from predictors.table import CostTable
from predictors.trace import Call, Trace
from predictors.values import PartValues
from search_spaces import Architecture, InputError, SearchSpace
from search_spaces import Block as BlockConfig
from search_spaces.architecture import size_text
from search_spaces.operators import BLOCK_SLOTS, OPERATORS

COVERAGE = 0.90
_FOLDS = 5
_LEAST = 0.01  # of the quickest measured network: what no held-out one is predicted below
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

    ``cross_validation`` holds, from 5 folds of the profile: ``mape``, ``within_10`` (share within 10 %),
    ``tau``, the interval's half-width ``interval``, and the floors ``tau_macs`` and ``tau_activations``.
    """

    def __init__(self, space: SearchSpace, features: Features, coefficients: np.ndarray, operators: set[str]):
        self.space, self.features = space, features
        self.coefficients, self.operators = coefficients, operators
        self.interval = 0.0
        self.cross_validation: dict[str, float] = {}

    @classmethod
    def fit(cls, space: SearchSpace, profile: DeviceProfile) -> LatencyPredictor:
        """Fit to a profile. Raises InputError when its networks are of another input size, or fewer than 10."""
        records = profile.records
        if len(records) < 10:
            raise InputError(f"a latency profile needs at least 10 networks, found {len(records)}")
        for record in records:
            _check_size(space, record.architecture)
        operators = sorted(set().union(*(r.architecture.operators for r in records)))
        features = Features(operators)
        inputs = np.array([features.values.total(r.architecture) for r in records])
        times = np.array([r.measurement.median_ms for r in records])
        predictor = cls(space, features, _solve(inputs, times), set(operators))
        predictor._cross_validate(inputs, times, [r.architecture for r in records])
        return predictor

    def _cross_validate(self, inputs: np.ndarray, times: np.ndarray, networks: Sequence[Architecture]) -> None:
        predicted = np.zeros_like(times)
        folds = np.random.default_rng(0).permutation(len(times)) % _FOLDS
        for fold in range(_FOLDS):
            held = folds == fold
            predicted[held] = inputs[held] @ _solve(inputs[~held], times[~held])
        # Noise can leave all that a network is made of at 0 ms; its error is then large, and still a number.
        predicted = np.maximum(predicted, _LEAST * times.min())
        residuals = np.sort(np.abs(times / predicted - 1))
        rank = min(len(times), ceil((len(times) + 1) * COVERAGE))
        self.interval = float(residuals[rank - 1])
        table = CostTable(self.space)
        costs = [table.price(network) for network in networks]
        self.cross_validation = {
            "networks": len(times),
            "mape": mape(predicted, times),
            "median_error": float(np.median(relative_errors(predicted, times))),
            "within_10": within(predicted, times),
            "tau": tau(predicted, times),
            "interval": self.interval,
            "tau_macs": tau([cost["macs"] for cost in costs], times),
            "tau_activations": tau([cost["activations"] for cost in costs], times),
        }

    def predict(self, architectures: Sequence[Architecture]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return milliseconds, lower and upper ends of the 90 % interval, each [N].

        Raises InputError for an operator that the profile did not measure: it never costs zero.
        """
        for architecture in architectures:
            unknown = architecture.operators - self.operators
            if unknown:
                names = ", ".join(sorted(unknown))
                raise InputError(f"the latency profile has no measurement of {names}; profile this space anew")
        inputs = [self.features.values.total(architecture) for architecture in architectures]
        times = np.array(inputs).reshape(len(inputs), len(self.coefficients)) @ self.coefficients
        return times, times * max(0.0, 1 - self.interval), times * (1 + self.interval)

    def range(self) -> tuple[float, float]:
        """Return the least and greatest prediction over all networks of the space."""

        def value(part: Part) -> np.ndarray:
            return np.array([self.features.values(part) @ self.coefficients])

        low, high = additive_range(self.space, value)
        return float(low[0]), float(high[0])

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted model for reading: milliseconds per unit of each feature."""
        return dict(zip(self.features.names, self.coefficients.tolist(), strict=True))


def _check_size(space: SearchSpace, architecture: Architecture) -> None:
    found = (architecture.channels, architecture.resolution)
    if found[0] != space.channels or found[1] not in space.resolutions:
        sizes = " or ".join(size_text(side, space.layout, space.channels) for side in space.resolutions)
        raise InputError(
            f"the latency profile measured inputs of {size_text(found[1], architecture.layout, found[0])}, "
            f"the space has {sizes}; profile this space anew"
        )


def _solve(inputs: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return non-negative coefficients that minimise the squared relative error."""
    scale = inputs.max(axis=0)
    scale[scale == 0] = 1.0
    weighted = inputs / scale / times[:, None]
    solution, _ = nnls(weighted, np.ones(len(times)), maxiter=100 * weighted.shape[1])
    return solution / scale
