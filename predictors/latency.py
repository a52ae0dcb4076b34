"""Latency of a network from measurements on the user's device: a sum over its blocks, corrected, with an interval.

What others expect of a network, its blocks alone and the predictors of other devices, are terms of the sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictors.block_times import LEAST, BlockTimes
from predictors.features import Features, encoded
from predictors.leaning import leaning_on
from predictors.metrics import mape, relative_errors, within
from predictors.parts import Part, additive_range
from predictors.population import PopulationTable
from predictors.profile import DeviceProfile
from predictors.ranking import tau
from predictors.regressors import REGRESSORS, Encoded, Ensemble, Regressor
from predictors.regressors.encoded import Floats
from predictors.regressors.ensemble import NORMAL
from predictors.regressors.non_negative import NonNegative
from predictors.table import CostTable
from search_spaces import Architecture, InputError, SearchSpace
from search_spaces.architecture import size_text

MEMBERS = ("non_negative", "ridge", "gaussian_process", "boosting")
LEAST_NETWORKS = 10
BLOCKS_ALONE, STRUCTURE = "blocks alone", "structure"
_LEAST = 0.01  # of the quickest measured network: what none is predicted below
_MARGIN = 0.02  # that a correction may go further than on the measured networks
_UNKNOWN = 0.5  # of the prediction: half an interval more for an operator without a measurement


class LatencyPredictor:
    """Milliseconds of the merged network on the profile's device, with a 90 % interval.

    An ensemble of regressors, none of which may leave the sum over blocks further than they did on the measured
    networks. ``cross_validation`` holds, from 5 folds of the profile: ``mape``, ``median_error``, ``within_10`` (share
    within 10 %), ``tau``, and the median half-width of the interval, ``interval``; ``ladder`` the simpler predictors
    beside it, and the profile against its own second measurements, the ceiling. ``shares`` says which part of the
    sum's predictions comes from the structure, from blocks alone, and from each other device.

    A profile of blocks without networks (a look-up table) gives their plain sum; how a network differs from it is not
    known, so the interval is wide and ``cross_validation`` is of blocks: ``block_mape``.
    """

    def __init__(
        self, space: SearchSpace, features: Features, blocks: BlockTimes | None, sources: Mapping[str, LatencyPredictor]
    ):
        self.space, self.features, self.blocks, self.sources = space, features, blocks, sources
        self.operators: set[str] = set()
        self.hints = [*([] if blocks is None else [BLOCKS_ALONE]), *sources]
        self.cross_validation: dict[str, float] = {}
        self.ladder: dict[str, dict[str, float]] = {}
        self.shares: dict[str, float] = {}

    @classmethod
    def fit(
        cls,
        space: SearchSpace,
        profile: DeviceProfile,
        members: Sequence[str] = MEMBERS,
        sources: Mapping[str, LatencyPredictor] | None = None,
        least: int = LEAST_NETWORKS,
    ) -> LatencyPredictor:
        """Fit to a profile; ``sources`` are its sources' predictors where they are fitted already.

        Raises InputError when its networks are of another input size, or fewer than ``least``, unless it holds blocks
        alone.
        """
        networks = [record.architecture for record in profile.records]
        for network in networks:
            check_size(space, network)
        enough = len(profile.blocks) >= LEAST
        if len(networks) < least and (networks or not enough):
            raise InputError(f"a latency profile needs at least {least} networks, found {len(networks)}")
        operators = set().union(*(network.operators for network in networks))
        operators |= set().union(*(record.part.operators for record in profile.blocks))
        features = Features(sorted(operators))
        if sources is None:
            sources = {source.key.label: cls.fit(space, source, members) for source in profile.sources}
        predictor = cls(space, features, BlockTimes(profile.blocks, features) if enough else None, sources)
        predictor.operators = operators
        if not networks:
            predictor._sum_blocks()
            return predictor
        times = np.array([record.measurement.median_ms for record in profile.records])
        predictor._learn(networks, times, members)
        predictor.ladder |= _ceiling(profile)
        return predictor

    def _learn(self, networks: Sequence[Architecture], times: Floats, members: Sequence[str]) -> None:
        self.least, self.doubt = _LEAST * float(times.min()), 0.0
        self._sums, self._hints = self.features.networks(networks), self._expected(networks)
        x = encoded(self._sums, self._sums, self._hints, self._hints)
        kinds: dict[str, type[Regressor]] = {name: REGRESSORS[name] for name in members}
        kinds["non_negative"] = leaning_on(len(self.hints))
        self.block_sum = leaning_on(len(self.hints))(relative=True).fit(x, times)
        self.model = ensemble = Ensemble(kinds, relative=True).fit(x, times)
        self._compare(ensemble, networks, times)
        self.shares = self._carried(x)

    def _compare(self, ensemble: Ensemble, networks: Sequence[Architecture], times: Floats) -> None:
        """Fill ladder and cross-validation, and say how far the model may leave the sum."""
        unseen = {name: mean for name, (mean, _) in ensemble.unseen.items()}
        mean, sd = ensemble.cross_validated
        self.reach = float(np.abs(np.log(mean / unseen.get("non_negative", mean))).max()) + _MARGIN
        table = CostTable(self.space)
        costs = [table.price(network) for network in networks]
        for name in ("macs", "activations"):
            self.ladder[name] = {"tau": tau([cost[name] for cost in costs], times)}
        self.ladder |= {name: {"tau": tau(hint, times)} for name, hint in zip(self.hints, self._hints.T, strict=True)}
        self.ladder |= {name: figures(predicted, times) for name, predicted in unseen.items()}
        self.cross_validation = {"networks": len(times), **figures(mean, times), "interval": _median_half(mean, sd)}
        self.ladder["ours"] = figures(mean, times)

    def _carried(self, x: Encoded) -> dict[str, float]:
        """Return the mean share of each part in the sum's predictions of networks."""
        assert x.sums is not None
        terms = x.sums * self.block_sum.coefficients
        shares = (terms / np.maximum(terms.sum(axis=1, keepdims=True), 1e-12)).mean(axis=0)
        hints = dict(zip(self.hints, shares.tolist(), strict=False))
        return {**hints, STRUCTURE: float(shares[len(self.hints) :].sum())}

    def _sum_blocks(self) -> None:
        """Take the plain sum of the blocks for a network's time."""
        assert self.blocks is not None
        self.least, self.doubt, self.reach = 0.0, _UNKNOWN, 0.0
        self._sums, self._hints = np.ones((1, len(self.features.names))), np.ones((1, len(self.hints)))
        first = np.eye(1, len(self.hints) + len(self.features.names)).repeat(2, axis=0)
        plain = Encoded(np.zeros((2, 0), dtype=np.int64), (), {}, first)
        self.block_sum = self.model = NonNegative(relative=True).fit(plain, np.ones(2))
        errors = self.blocks.errors()
        self.cross_validation = {"blocks": len(errors), "block_mape": float(errors.mean()), "interval": self.doubt}
        self.shares = {BLOCKS_ALONE: 1.0, STRUCTURE: 0.0}

    def predict(self, architectures: Sequence[Architecture]) -> tuple[Floats, Floats, Floats]:
        """Return milliseconds, lower and upper ends of the 90 % interval, each [N].

        An operator that the profile did not measure is priced by its work, and widens the interval by half of the
        prediction (`unmeasured` names it).
        """
        doubt = np.array([bool(architecture.operators - self.operators) for architecture in architectures])
        return self._interval(self._encoded(architectures), doubt)

    def predict_genes(self, genes: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """Return what `predict` returns, of networks by their gene vectors [N,G]: many at a time.

        Raises InputError for a part that the space lacks.
        """
        sums = self._parts.totals(genes)
        alone = [] if self.blocks is None else [sums[:, -2]]
        expected = [*alone, *(source.predict_genes(genes)[0] for source in self.sources.values())]
        hints = np.array(expected, dtype=np.float64).reshape(len(self.hints), len(genes)).T
        return self._interval(encoded(sums[:, :-2], self._sums, hints, self._hints), sums[:, -1] > 0)

    def _interval(self, x: Encoded, unmeasured: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
        base = np.maximum(self.block_sum.predict(x)[0], self.least)
        mean, sd = self.model.predict(x)
        mean = np.clip(mean, base * np.exp(-self.reach), base * np.exp(self.reach))
        half = NORMAL * sd + (_UNKNOWN * unmeasured + self.doubt) * mean
        return mean, np.maximum(mean - half, 0.0), mean + half

    @cached_property
    def _parts(self) -> PopulationTable:
        """The features of parts, their milliseconds alone, and whether the profile lacks an operator of theirs."""

        def value(part: Part) -> np.ndarray:
            alone = 0.0 if self.blocks is None else self.blocks.part(part)
            return np.array([*self.features.values(part), alone, float(bool(part.operators - self.operators))])

        return PopulationTable(self.space, value)

    def members(self, architectures: Sequence[Architecture]) -> dict[str, Floats]:
        """Return the milliseconds [N] by each regressor alone that has a weight; the sum over blocks always."""
        x = self._encoded(architectures)
        each = self.model.each(x) if isinstance(self.model, Ensemble) else {}
        return {"non_negative": self.block_sum.predict(x)[0], **each}

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
        first, coefficients = len(self.hints), self.block_sum.coefficients
        blocks, scale = self.blocks, coefficients[0] if self.blocks else 0.0

        def value(part: Part) -> np.ndarray:
            alone = scale * blocks.part(part) if blocks and scale else 0.0
            return np.array([self.features.values(part) @ coefficients[first:] + alone])

        low, high = (float(end[0]) for end in additive_range(self.space, value))
        for coefficient, source in zip(
            coefficients[first - len(self.sources) : first], self.sources.values(), strict=True
        ):
            ends = source.range()
            low, high = low + coefficient * ends[0], high + coefficient * ends[1]
        return max(low, self.least) * np.exp(-self.reach), high * np.exp(self.reach)

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted model for reading: milliseconds per unit of each feature, and what each member weighs."""
        names = [*self.hints, *self.features.names]
        coefficients = dict(zip(names, self.block_sum.coefficients.tolist(), strict=True))
        weights = self.model.weights if isinstance(self.model, Ensemble) else {"non_negative": 1.0}
        return {"block_sum": coefficients, "weights": weights, "reach": self.reach, "shares": self.shares}

    def _encoded(self, architectures: Sequence[Architecture]) -> Encoded:
        sums = self.features.networks(architectures)
        return encoded(sums, self._sums, self._expected(architectures), self._hints)

    def _expected(self, architectures: Sequence[Architecture]) -> Floats:
        """Return the milliseconds [N,H] that others expect: the blocks alone, then each source."""
        columns = [] if self.blocks is None else [[self.blocks.total(one) for one in architectures]]
        columns += [source.predict(architectures)[0] for source in self.sources.values()]
        return np.array(columns, dtype=np.float64).reshape(len(self.hints), len(architectures)).T


def figures(predicted: Floats, times: Floats) -> dict[str, float]:
    """Return how near predictions [N] are to measured times [N]: relative errors and Kendall's tau."""
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
    return {"measured again": figures(known, again)}


def check_size(space: SearchSpace, architecture: Architecture, where: str = "the latency profile") -> None:
    """Raise InputError starting with ``where`` when a network's inputs are not those of the space."""
    found = (architecture.channels, architecture.resolution)
    if found[0] != space.channels or found[1] not in space.resolutions:
        sizes = " or ".join(size_text(side, space.layout, space.channels) for side in space.resolutions)
        raise InputError(
            f"{where}: measured inputs of {size_text(found[1], architecture.layout, found[0])}, the space has {sizes}; "
            "profile this space anew"
        )
