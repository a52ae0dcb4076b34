"""Networks of a wanted number of MACs, found in a bounded number of draws."""

from __future__ import annotations

from math import inf

from search_spaces import Architecture
from search_spaces.composition import compose
from supernet.training.samplers._draw import tilted
from supernet.training.samplers._sampler import Step

TRIES = 60
_SHRINK, _LEAST = 0.8, 0.05  # of the change of the tilt from one draw to the next


def band_edges(step: Step, bands: int) -> list[float]:
    """Return the ``bands + 1`` edges (MACs) of equal bands from the smallest to the largest network."""
    low, high = (step.macs(network) for network in (step.space.smallest(), step.space.largest()))
    return [low + (high - low) * i / bands for i in range(bands + 1)]


def band_of(macs: float, edges: list[float]) -> tuple[float, float]:
    """Return the band that holds ``macs``; the outer ones are open, as operators may cost more than the largest's."""
    inner = sum(edge <= macs for edge in edges[1:-1])
    return open_band(inner, edges)


def open_band(index: int, edges: list[float]) -> tuple[float, float]:
    """Return (low, high) of one band, open below the first and above the last."""
    low = -inf if index == 0 else edges[index]
    return low, inf if index == len(edges) - 2 else edges[index + 1]


def draw_between(step: Step, low: float, high: float) -> Architecture:
    """Draw a network of ``low`` to ``high`` MACs: the first draw is uniform, the next lean to larger or smaller sizes.

    After `TRIES` draws it is the nearest of them, so a band that no network reaches does not stop a training.
    """
    tilt, change, nearest, distance = 0.0, 1.0, step.space.largest(), inf
    for _ in range(TRIES):
        drawn = compose(step.space, tilted(step.rng, tilt))
        macs = step.macs(drawn)
        away = max(low - macs, macs - high, 0.0)
        if away < distance:
            nearest, distance = drawn, away
        if distance == 0:
            break
        tilt += change if macs < low else -change
        change = max(change * _SHRINK, _LEAST)
    return nearest
