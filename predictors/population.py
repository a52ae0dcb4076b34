"""Costs of whole populations of gene vectors: every part of a space is priced once, then networks are look-ups.

A part's cost depends on few genes (a block's on those of the block and the width of its stage). Their values make one
integer, which is linear in the genes, so matrix products number all parts of all networks.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictors.parts import Part, Value
from predictors.table import CostTable
from search_spaces import Block, InputError, SearchSpace
from search_spaces.encoding import Dimension, Key, config_values
from search_spaces.operators import Value as Choice
from search_spaces.stage import StageSpace

Genes = NDArray[np.integer[Any]]
_CHUNK = 2048  # networks whose numbers stay in the processor's cache
_DENSE = 1 << 22  # numbers up to which a table has a place for each


class PopulationTable:
    """Sums of ``value``, which maps a part to a vector [K], over the networks of one space.

    Without it macs, params and activations in deploy form. The parts are priced when they are asked for first.
    """

    def __init__(self, space: SearchSpace, value: Value | None = None):
        self.space = space
        self._costs = CostTable(space)
        self.value = value or self._costs.part
        self._resolution = next((i for i, d in enumerate(space.dimensions) if d.key == ("resolution",)), None)

    def totals(self, genes: Genes) -> NDArray[Any]:
        """Return the sums [N,K] of networks by their gene vectors [N,G], as `SearchSpace.encode` gives them.

        Any type of integers will do; int8 holds most spaces and is read the fastest.
        Raises InputError for genes of another length, and for a row with a part that the space lacks. Rules over
        several parts (total depth, ties) are not checked.
        """
        if genes.ndim != 2 or genes.shape[1] != len(self.space.dimensions):
            raise InputError(f"expected genes [N,{len(self.space.dimensions)}], found {list(genes.shape)}")
        if self._resolution is None:
            return self._places[0].totals(genes, np.arange(len(genes)))
        totals = self._places[0].zeros(len(genes))
        for number, place in enumerate(self._places):
            rows = np.flatnonzero(genes[:, self._resolution] == number)
            totals[rows] = place.totals(genes[rows], rows)
        return totals

    @cached_property
    def _places(self) -> list[_Place]:
        """The space at each of its resolutions, priced."""
        places = (self.space.at(resolution) for resolution in self.space.resolutions)
        found = [_Place(place, self.space.dimensions, self.value) for place in places]
        if self.value == self._costs.part:
            self._costs.keep()
        return found


class _Place:
    """The parts of a space at one resolution."""

    def __init__(self, space: SearchSpace, dimensions: tuple[Dimension, ...], value: Value):
        present = (families for families in _families(space) if families)  # a stage can be empty
        self.stages = [_Stage([_Look(*family, dimensions, value) for family in families]) for families in present]

    def zeros(self, count: int) -> NDArray[Any]:
        """Return sums [count,K] to be filled."""
        costs = self.stages[0].looks[0].costs
        return np.zeros((len(costs), count), dtype=costs.dtype).T

    def totals(self, genes: Genes, names: Genes) -> NDArray[Any]:
        """Return the sums over the parts [N,K]; ``names`` [N] are the rows in the eyes of the user."""
        totals = self.zeros(len(genes)).T
        buffer = np.empty((_CHUNK, genes.shape[1]), dtype=np.float32)
        for start in range(0, len(genes), _CHUNK):
            some = slice(start, start + _CHUNK)
            chunk, sums = buffer[: len(genes) - start], totals[:, some]
            np.copyto(chunk, genes[some])  # into memory that is there: fresh memory costs more than all else
            for stage in self.stages:
                for look, numbers in zip(stage.looks, stage.numbers(chunk), strict=True):
                    rows = look.rows(numbers)
                    if rows.min() < 0:
                        row = names[some][rows.argmin()]
                        raise InputError(f"genes of row {row}: a part that the space does not have")
                    for total, costs in zip(sums, look.costs, strict=True):
                        total += costs.take(rows)
        return totals.T


class _Stage:
    """The looks of one stage, whose genes lie together; one for each position."""

    def __init__(self, looks: list[_Look]):
        strides = np.hstack([look.strides for look in looks])
        used = np.flatnonzero(strides.any(axis=1))
        self.genes = slice(used[0], used[-1] + 1) if len(used) else slice(0)
        self.strides = strides[self.genes]
        self.looks = [look for look in looks for _ in range(look.strides.shape[1])]

    def numbers(self, genes: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the number of the part at each position [P,N] of networks with genes [N,G]; gene -1 counts 0."""
        numbers = genes[:, self.genes] @ self.strides + self.strides.sum(axis=0)
        return numbers.T.astype(np.int64, order="C")


# The parts that may stand at one place of a network, None where there may be none, each with the choices that make it.
Family = Iterable[tuple[Part | None, Mapping[Key, Choice]]]


class _Look:
    """The values [K,M] of one family's parts, and the rows of their numbers.

    The family is that of the first of ``blocks``, which are the P positions in a stage where equal parts may stand;
    ``strides`` [G,P] is what one step of each gene adds to the number of the part at each of them.
    """

    def __init__(self, family: Family, blocks: Sequence[int], dimensions: tuple[Dimension, ...], value: Value):
        parts = list(family)
        keys = {key for _, values in parts for key in values}
        own = [dimension for dimension in dimensions if dimension.key in keys]
        steps, self.size = _steps(own)
        columns = [{_at(key, block): step for key, step in steps.items()} for block in blocks]
        exact = np.float32 if self.size < 1 << 24 else np.float64
        self.strides = np.array([[column.get(d.key, 0) for column in columns] for d in dimensions], dtype=exact)
        genes = {d.key: {choice: gene for gene, choice in enumerate(d.choices)} for d in own}
        known: dict[int, NDArray[Any] | None] = {}
        for part, values in parts:
            number = sum((genes[key][chosen] + 1) * steps[key] for key, chosen in values.items() if key in genes)
            known[number] = None if part is None else value(part)
        self.numbers = np.array(sorted(known), dtype=np.int64)
        none = np.zeros_like(next(found for found in known.values() if found is not None))
        found = (known[number] for number in self.numbers.tolist())
        self.costs = np.array([none if one is None else one for one in found]).T.copy()
        self.places = np.full(self.size if self.size <= _DENSE else 0, -1, dtype=np.int64)
        if len(self.places):
            self.places[self.numbers] = np.arange(len(self.numbers))

    def rows(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each number, -1 for a number that no part has."""
        if len(self.places):
            return self.places.take(numbers)
        rows = np.searchsorted(self.numbers, numbers).clip(max=len(self.numbers) - 1)
        return np.where(self.numbers[rows] == numbers, rows, -1)


def _steps(dimensions: list[Dimension]) -> tuple[dict[Key, int], int]:
    """Return by how much one step of each gene raises the number, and how many numbers there are.

    Parameters of different operators at one place share their steps, since one of them is there at most.
    """
    steps, size = dict.fromkeys((d.key for d in dimensions), 0), 1
    places: dict[Key, dict[Choice, list[Dimension]]] = {}
    for dimension in dimensions:
        place, op = _place(dimension.key)
        places.setdefault(place, {}).setdefault(op, []).append(dimension)
    for alternatives in places.values():
        ends = []
        for own in alternatives.values():
            end = size
            for dimension in own:
                steps[dimension.key] = end
                end *= len(dimension.choices) + 1
            ends.append(end)
        size = max(ends)
    return steps, size


def _at(key: Key, block: int) -> Key:
    """Return the key of the same choice in another block of the stage."""
    return (key[0], block, *key[2:]) if isinstance(key[1], int) else key


def _place(key: Key) -> tuple[Key, Choice]:
    """Return where a gene belongs, and for a parameter the operator that has it."""
    if key[-1] == "op" or key[-1] in ("depth", "width", "resolution"):
        return key, ""
    return key[:-2], key[-2]


def _families(space: SearchSpace) -> Iterator[list[tuple[Family, Sequence[int]]]]:
    """Yield the families of each stage, each with the blocks for which it stands; stem and head by themselves."""
    line = space.layout == "sequence"
    key: Key = (0, "width")
    stems = {width: space.stem_width(width) for width in space.stages[0].widths}
    stem = (space.stem["stride"], "stem", space.stem, line)
    yield [([(Part(space.resolution, space.channels, w, *stem), {key: chosen}) for chosen, w in stems.items()], (0,))]
    side = space.stem_side
    for stage in space.stages:
        down = [] if stage.downsamples == (None,) else [(_downsamplings(stage, side, key, stems, line), (0,))]
        key, stems, side = (stage.index, "width"), {width: width for width in stage.widths}, stage.side
        yield [*down, *((_blocks(stage, blocks[0], line), blocks) for blocks in _equal_blocks(stage))]
    head = (1, "head", space.head, line)
    yield [([(Part(side, w, space.classes, *head), {key: chosen}) for chosen, w in stems.items()], (0,))]


def _downsamplings(stage: StageSpace, side: int, key: Key, widths: Mapping[int, int], line: bool) -> Family:
    """Yield the ways into a stage from each width before it, which is chosen by ``key``."""
    own = (stage.index, "width")
    for (chosen, before), width, config in product(widths.items(), stage.widths, stage.downsamples):
        if config is not None and (key != own or chosen == width):
            part = Part(side, before, width, stage.stride, "downsample", config, line)
            yield part, {key: chosen, own: width, **config_values((stage.index, "downsample"), config)}


def _equal_blocks(stage: StageSpace) -> list[list[int]]:
    """Return the positions of a stage, those together at which equal blocks may stand in equal depths."""
    groups: dict[Hashable, list[int]] = {}
    for number in range(max(shape.depth for shape in stage.shapes())):
        deeper = [shape for shape in stage.shapes() if shape.depth > number]
        options = frozenset(stage.option_key(shape, number) for shape in deeper)
        groups.setdefault((frozenset(deeper), options), []).append(number)
    return list(groups.values())


def _blocks(stage: StageSpace, number: int, line: bool) -> Family:
    """Yield the blocks that may stand at one position, and that there is none."""
    width, depth = (stage.index, "width"), (stage.index, "depth")
    known: dict[tuple[int, Block], None] = {}
    for shape in stage.shapes():
        if number < shape.depth:
            known |= dict.fromkeys((shape.width, block) for block in stage.blocks(shape, number))
    alike = len({block for _, block in known}) == 1  # no gene of its own says whether the block is there
    for chosen, block in known:
        values: dict[Key, Choice] = {width: chosen}
        for slot, config in block.slots().items():
            values |= config_values((stage.index, number, slot), config)
        part = Part(stage.side, chosen, chosen, 1, "block", block, line)
        yield from ((part, {**values, depth: d}) for d in stage.depths if d > number) if alike else [(part, values)]
    for d in stage.depths:
        if d <= number:
            yield from ((None, {width: chosen} | ({depth: d} if alike else {})) for chosen in stage.widths)
