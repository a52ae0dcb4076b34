"""Ways to answer the choices of a space (`search_spaces.composition.compose`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp

import numpy as np

from search_spaces.composition import Choose
from search_spaces.encoding import Key
from search_spaces.operators import Value
from supernet.training.samplers._sampler import Step


def is_size(values: Sequence[Value]) -> bool:
    """Whether these are numbers, of which some are larger than others, and not words or switches."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def uniform(rng: np.random.Generator) -> Choose:
    """Every value is as likely as the others."""
    return lambda key, values: values[int(rng.integers(len(values)))]


def tilted(rng: np.random.Generator, tilt: float) -> Choose:
    """Sizes lean to the larger (``tilt`` above 0) or the smaller ones; 0 is uniform. Operators are uniform."""
    power = exp(-tilt)

    def choose(key: Key, values: Sequence[Value]) -> Value:
        if len(values) == 1 or not is_size(values):
            return values[int(rng.integers(len(values)))]
        return sorted(values)[int(len(values) * rng.random() ** power)]

    return choose


def at_share(share: float, others: Choose) -> Choose:
    """Each size at ``share`` (0 smallest, 1 largest) of its sorted values; ``others`` answers the rest."""

    def choose(key: Key, values: Sequence[Value]) -> Value:
        return sorted(values)[round(share * (len(values) - 1))] if is_size(values) else others(key, values)

    return choose


def remembered(choose: Choose) -> Choose:
    """Answer as the first time while that is allowed, so that several networks have the same operators."""
    answers: dict[Key, Value] = {}

    def again(key: Key, values: Sequence[Value]) -> Value:
        return answers[key] if answers.get(key) in values else answers.setdefault(key, choose(key, values))

    return again


def least_used(step: Step, counted: Callable[[Key], bool], others: Choose) -> Choose:
    """Draw among the values used least so far where ``counted(key)``, so that each comes once in every round.

    The counts are the sampler's memory. Where rules take a value away its turn comes later. A value that appears
    later than others (the space opens) starts level with the least used one.
    """
    used = step.memory.setdefault("used", {})

    def choose(key: Key, values: Sequence[Value]) -> Value:
        if not counted(key):
            return others(key, values)
        counts: dict[str, int] = used.setdefault(".".join(map(str, key)), {})
        level = min(counts.values(), default=0)
        for value in values:
            counts.setdefault(str(value), level)
        fewest = min(counts[str(value)] for value in values)
        chosen = uniform(step.rng)(key, [value for value in values if counts[str(value)] == fewest])
        counts[str(chosen)] += 1
        return chosen

    return choose
