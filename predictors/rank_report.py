"""Whether a supernet orders networks as training them alone does: figures, floors, ceiling, and words.

The truth about a network is its accuracy when it was trained alone, the mean where several seeds were trained. A seed
also orders the images, which can lift all networks alike: what it does on average is taken off first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictors.bootstrap import Bootstrap, Estimate, chance, shuffled
from predictors.ranking import Pairs, near_pairs, regret, same_pairs, spearman, tau, taus, top_tau
from search_spaces.errors import InputError

Measure = Callable[[NDArray[np.float64], NDArray[np.float64]], float]

FLOORS = ("macs", "params", "activations")  # more is taken to be better
SAMPLE = "sample"  # the group of the networks that were drawn by themselves
LEVEL = 0.05  # of the test against chance
_LEAST = 4  # networks


@dataclass(frozen=True)
class RankedNetwork:
    """One network with what orders it.

    ``group`` is "sample", or the ladder that it was drawn in, DIMENSION-NUMBER: the networks of a ladder differ in
    that dimension alone. ``costs`` has macs, params and activations. ``inherited`` is its accuracy (0 to 1) with the
    supernet's weights, ``alone`` that after training alone, one a seed.
    """

    digest: str
    group: str
    costs: Mapping[str, float]
    inherited: float
    alone: tuple[float, ...]

    @property
    def dimension(self) -> str:
        """The dimension of the ladder; "" in the sample."""
        return self.group.rpartition("-")[0]


@dataclass(frozen=True)
class Ranking:
    """Kendall's tau-b of inherited and stand-alone accuracy over one set of pairs.

    ``tau`` has the supernet (``inherited``), the floors and ``random`` order; ``margin`` is how far the supernet is
    above ``floor``, the best of them. ``chance`` is the share of random orders that do as well. ``ceiling`` is tau of
    two seeds of the stand-alone training, over the ``ceiling_pairs`` that have both.
    """

    pairs: int
    tau: Mapping[str, Estimate]
    floor: str
    margin: Estimate
    chance: float
    ceiling_pairs: int
    ceiling: Estimate | None

    @property
    def trusted(self) -> bool:
        """Whether the order is right more often than chance: interval above 0, and the test says so too."""
        return self.tau["inherited"].sign > 0 and self.chance <= LEVEL

    def words(self) -> str:
        """Say what the figures allow to say."""
        found = f"tau {self.tau['inherited']} over {_pairs(self.pairs)}"
        if not self.trusted:
            wrong = (
                "orders them the wrong way round" if self.tau["inherited"].sign < 0 else "does no better than chance"
            )
            return f"do not trust it: it {wrong}, {found}{self._noise()}"
        beside = f"{self.floor} with tau {self.tau[self.floor].value:.2f}"
        better = f"better than {beside}" if self.margin.sign > 0 else f"though not surely better than {beside}"
        return f"may be trusted: {found}, {better}"

    def _noise(self) -> str:
        if self.ceiling is None or self.ceiling.sign > 0:
            return ""
        found = f"tau {self.ceiling} over {_pairs(self.ceiling_pairs)}"
        return f"; two seeds of the training alone do not agree either, {found}"


def _pairs(count: int) -> str:
    return f"{count} pair{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class RankReport:
    """What one rank check found; ``measures`` has Spearman, top tau and regret of each score, over all networks.

    Regret is in accuracy, 0 to 1. ``bands`` is None where no two networks have equal MACs (+-10 %).
    """

    overall: Ranking
    measures: Mapping[str, Mapping[str, Estimate]]
    bands: Ranking | None
    dimensions: Mapping[str, Ranking]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**asdict(self), "words": self.words()}

    def words(self) -> list[str]:
        """Say one sentence for the whole, one for equal MACs, one for each dimension."""
        lines = [f"all networks: {self.overall.words()}"]
        if self.bands is None:
            lines.append("equal MACs: no two networks are within 10 % of each other")
        else:
            lines.append(f"equal MACs: {self.bands.words()}")
        return lines + [f"{name}: {ranking.words()}" for name, ranking in self.dimensions.items()]


def rank_report(networks: Sequence[RankedNetwork], *, resamples: int = 1000, seed: int = 0) -> RankReport:
    """Compare inherited with stand-alone accuracy of at least four networks.

    Overall and in bands of equal MACs (any two networks within 10 %) every network counts; the order along one
    dimension is judged on the pairs of its ladders, since two networks of a sample differ in many dimensions at once.
    Intervals come from resampling architectures (inside their ladder for a dimension). Raises InputError for fewer
    networks, and where two are the same.
    """
    if len({network.digest for network in networks}) < max(_LEAST, len(networks)):
        raise InputError(f"a rank check needs at least {_LEAST} networks, each once; found {len(networks)}")
    networks = without_seed_effects(networks)
    one = [SAMPLE] * len(networks)
    macs = [network.costs["macs"] for network in networks]
    everything = _rank(networks, one, ~np.eye(len(networks), dtype=bool), resamples, seed)
    assert everything is not None
    dimensions = {}
    for name in dict.fromkeys(n.dimension for n in networks if n.dimension):
        members = [n for n in networks if n.dimension == name]
        groups = [n.group for n in members]
        ranking = _rank(members, groups, same_pairs(groups), resamples, seed)
        if ranking is not None:
            dimensions[name] = ranking
    bands = _rank(networks, one, near_pairs(macs), resamples, seed)
    return RankReport(everything, _measures(networks, resamples, seed), bands, dimensions)


def without_seed_effects(networks: Sequence[RankedNetwork]) -> list[RankedNetwork]:
    """Return the networks with accuracies of later seeds lowered by how much these are above the first on average.

    Otherwise a network would rise among the others because it was trained with a second, luckier seed.
    """
    effects = []
    for seed in range(max(len(network.alone) for network in networks)):
        gains = [network.alone[seed] - network.alone[0] for network in networks if len(network.alone) > seed]
        effects.append(sum(gains) / len(gains))
    lowered = (tuple(a - e for a, e in zip(network.alone, effects, strict=False)) for network in networks)
    return [replace(network, alone=alone) for network, alone in zip(networks, lowered, strict=True)]


def _truth(networks: Sequence[RankedNetwork]) -> NDArray[np.float64]:
    return np.array([sum(network.alone) / len(network.alone) for network in networks])


def _scores(networks: Sequence[RankedNetwork]) -> dict[str, NDArray[np.float64]]:
    """Return what orders the networks: the supernet, then the floors."""
    scores = {"inherited": np.array([network.inherited for network in networks])}
    return scores | {name: np.array([float(network.costs[name]) for network in networks]) for name in FLOORS}


def _rank(
    networks: Sequence[RankedNetwork], groups: Sequence[str], pairs: Pairs, resamples: int, seed: int
) -> Ranking | None:
    """Return the ranking over ``pairs`` [N, N]; None where there are none."""
    if not pairs.any():
        return None
    truth, scores = _truth(networks), _scores(networks)
    bootstrap = Bootstrap(groups, resamples, seed)
    samples, estimates = {}, {}
    for name, score in scores.items():
        samples[name] = taus(score, truth, bootstrap.counts, pairs)
        estimates[name] = Estimate.of(tau(score, truth, pairs), samples[name])
    inherited = scores["inherited"]
    random = [tau(inherited[order], truth, pairs) for order in shuffled(groups, resamples, seed)]
    estimates["random"], samples["random"] = Estimate.of(0.0, random), np.zeros(resamples)
    floor = max((*FLOORS, "random"), key=lambda name: estimates[name].value)
    margin = estimates["inherited"].value - estimates[floor].value
    return Ranking(
        int(pairs.sum()) // 2,
        estimates,
        floor,
        Estimate.of(margin, samples["inherited"] - samples[floor]),
        chance(estimates["inherited"].value, random),
        *_ceiling(networks, groups, pairs, resamples, seed),
    )


def _ceiling(
    networks: Sequence[RankedNetwork], groups: Sequence[str], pairs: Pairs, resamples: int, seed: int
) -> tuple[int, Estimate | None]:
    """Return the pairs of which both have two seeds, and tau of the first seed against the second over them."""
    twice = [i for i, network in enumerate(networks) if len(network.alone) > 1]
    both = pairs[np.ix_(twice, twice)]
    if not both.any():
        return 0, None
    first, second = (np.array([networks[i].alone[s] for i in twice]) for s in (0, 1))
    bootstrap = Bootstrap([groups[i] for i in twice], resamples, seed)
    samples = taus(first, second, bootstrap.counts, both)
    return int(both.sum()) // 2, Estimate.of(tau(first, second, both), samples)


_MEASURES: Mapping[str, Measure] = {
    "spearman": spearman,
    "top_tau": top_tau,
    "regret@1": lambda predicted, true: regret(predicted, true, 1),
    "regret@5": lambda predicted, true: regret(predicted, true, 5),
}


def _measures(networks: Sequence[RankedNetwork], resamples: int, seed: int) -> dict[str, dict[str, Estimate]]:
    """Return the other measures of every score and of random orders, over all networks."""
    truth, scores, one = _truth(networks), _scores(networks), [SAMPLE] * len(networks)
    bootstrap, orders = Bootstrap(one, resamples, seed), shuffled(one, resamples, seed)

    def measured(score: NDArray[np.float64], of: Measure) -> Estimate:
        return bootstrap.estimate(lambda i: of(score[i], truth[i]))

    def random(of: Measure) -> Estimate:
        values = [of(scores["inherited"][order], truth) for order in orders]
        return Estimate.of(sum(values) / len(values), values)

    found = {name: {key: measured(score, of) for key, of in _MEASURES.items()} for name, score in scores.items()}
    return {**found, "random": {key: random(of) for key, of in _MEASURES.items()}}
