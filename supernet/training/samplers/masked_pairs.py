"""Several networks in one masked pass (ViT-ResNAS, arXiv:2109.00642)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from search_spaces import Architecture, InputError
from search_spaces.composition import Choose, compose
from search_spaces.encoding import Key, values_of
from search_spaces.operators import Value
from supernet.training.samplers._draw import uniform
from supernet.training.samplers._sampler import Sampler, Step, Subnet
from supernet.union import masked_choices, union


@dataclass(frozen=True)
class MaskedPairs(Sampler):
    """``subnets`` networks of the same operators and of sizes of their own, in one forward and backward pass.

    Each learns from its own equal part of the images, so a step costs about what it costs one network. They differ in
    what masks can express exactly: depth, and width and expansion where the operators work channel by channel.
    """

    together: ClassVar[bool] = True
    subnets: Annotated[int, Field(ge=2)] = 2

    def draw(self, step: Step) -> list[Subnet]:
        choose = uniform(step.rng)
        template = compose(step.space, lambda key, values: max(values) if key[-1] == "depth" else choose(key, values))
        drawn = [compose(step.space, _like(template, choose)) for _ in range(self.subnets)]
        return [Subnet(network) for network in _in_one_pass(template, drawn)]


def _like(template: Architecture, choose: Choose) -> Choose:
    """Answer as the template has it, and draw where networks of one pass may differ."""
    known, free = values_of(template), masked_choices(template)

    def answer(key: Key, values: Sequence[Value]) -> Value:
        return known[key] if key not in free and known.get(key) in values else choose(key, values)

    return answer


def _in_one_pass(template: Architecture, drawn: Sequence[Architecture]) -> list[Architecture]:
    """Return the networks, the template in place of those that rules have led away from its operators."""
    kept = []
    for network in drawn:
        try:
            union([template, network])
        except InputError:
            network = template
        kept.append(network)
    return kept
