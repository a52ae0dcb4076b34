"""Networks that a search is to begin with: the user's own, or published ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nas.fronts import Front
from nas.search.searchers import Price
from search_spaces import Architecture, SearchSpace
from search_spaces.errors import InputError
from search_spaces.projection import nearest_member, shared_choices
from search_spaces.published import read_network


@dataclass(frozen=True)
class Seed:
    """A network of the space, and the file or name that it comes from. ``note`` says where it is not that network."""

    source: str
    network: Architecture
    note: str

    @classmethod
    def read(cls, source: str, space: SearchSpace) -> Seed:
        """Read an architecture file or a published network. Raises InputError for one that has no like in the space."""
        asked = read_network(source)
        try:
            network = nearest_member(space, asked)
        except InputError as error:
            raise InputError(f"--seed-network {source}: {error}") from error
        if network == asked:
            return cls(source, network, "")
        same, choices = shared_choices(space, asked, network)
        return cls(source, network, f"the space {space.name} does not hold {source}: its nearest network "
                   f"{network.digest[:12]} is evaluated, which is the same in {same} of {choices} choices")  # fmt: skip


def check_seeds(seeds: Iterable[Seed], space: SearchSpace, price: Price, fronts: Sequence[Front]) -> None:
    """Raise InputError for a seed that breaks a constraint of every front by what is known without an evaluation."""
    for seed in seeds:
        columns = price(np.array([space.encode(seed.network)]))
        metrics = {name: float(column[0]) for name, column in columns.items()}
        if any(front.problem.feasible(metrics) for front in fronts):
            continue
        broken = next(c for c in fronts[0].problem.constraints if c.name in metrics and not c.holds(metrics[c.name]))
        raise InputError(
            f"--seed-network {seed.source}: its {broken.name} is {metrics[broken.name]:,.5g}, which breaks "
            f"{broken.text!r}. Leave it out, or relax the constraint."
        )
