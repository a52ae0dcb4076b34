"""Networks to judge a ranking by: spread, ladders that differ in one dimension alone, repeatable."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_spaces import Architecture, Drawn, InputError, SearchSpace, list_spaces, load_space, stratified
from search_spaces.drawing import pick_evenly
from search_spaces.ladders import dimension_of, draw_base, elastic_dimensions, ladder, nested
from tests.conftest import TINY

DIMENSIONS = ("kernel", "dilation", "mixer", "depth", "width", "expansion")


def size(architecture: Architecture) -> float:
    """Stand in for MACs: channels times channels over all blocks."""
    return float(sum(stage.width**2 * (1 + len(stage.blocks)) for stage in architecture.stages))


def differing(space: SearchSpace, one: Architecture, other: Architecture) -> set[str]:
    """Return the dimensions of the genes that exist in both networks and differ, and of those in one alone."""
    found = set()
    for gene, a, b in zip(space.dimensions, space.encode(one), space.encode(other), strict=True):
        if a != b:
            found.add(dimension_of(gene.key) if -1 not in (a, b) else f"in one alone: {gene.key[2:]}")
    return found


@pytest.fixture(scope="module")
def drawn(small_space: SearchSpace) -> list[Drawn]:
    return stratified(small_space, 60, 0, size)


def test_sixty_different_members(small_space: SearchSpace, drawn: list[Drawn]) -> None:
    assert len({one.architecture.digest for one in drawn}) == 60 == len(drawn)
    assert all(small_space.contains(one.architecture) for one in drawn)
    groups = Counter(one.group for one in drawn)
    assert {name for name in groups if name != "sample"} == {f"{dimension}-0" for dimension in DIMENSIONS}
    assert groups["sample"] >= 30 and min(groups.values()) >= 3


def test_equal_seeds_draw_equal_networks(tiny_space: SearchSpace) -> None:
    drawn = stratified(tiny_space, 24, 0, size)
    assert stratified(tiny_space, 24, 0, size) == drawn
    other = stratified(tiny_space, 24, 1, size)
    assert len({one.architecture for one in drawn} & {one.architecture for one in other}) < 8


def test_the_sample_spreads_over_cost_and_choices(small_space: SearchSpace, drawn: list[Drawn]) -> None:
    sample = [one.architecture for one in drawn if one.group == "sample"]
    logs = np.sort(np.log([size(one) for one in sample]))
    reach = np.log(size(small_space.largest())) - np.log(size(small_space.smallest()))
    assert logs[-1] - logs[0] > 0.85 * reach
    assert np.diff(logs).max() < 4 * reach / len(logs)
    for i, stage in enumerate(small_space.stages):
        for taken, choices in (([one.stages[i].width for one in sample], stage.widths),
                               ([len(one.stages[i].blocks) for one in sample], stage.depths)):  # fmt: skip
            assert min(Counter(taken)[choice] for choice in choices) >= len(sample) / len(choices) / 2.5
    mixers = Counter(block.mixer.op for one in sample for stage in one.stages for block in stage.blocks)
    assert len(mixers) == 5 and min(mixers.values()) > 0.08 * mixers.total()


@pytest.mark.parametrize("name", [*list_spaces(), str(TINY)])
def test_nested_networks_are_parts_of_each_other_from_small_to_large(name: str) -> None:
    space = load_space(name)
    found = nested(space, 8)
    assert 4 <= len(found) <= 8 and all(space.contains(one) for one in found)
    assert found[-1] == space.largest()
    for small, large in zip(found, found[1:], strict=False):
        assert size(small) <= size(large) and small.resolution <= large.resolution
        for gene, a, b in zip(space.dimensions, space.encode(small), space.encode(large), strict=True):
            if dimension_of(gene.key) in ("mixer", ""):
                assert a in (b, -1)  # the same operator, or no such block yet
            elif dimension_of(gene.key):
                assert a <= b
    ends = [sum(len(stage.blocks) for stage in one.stages) for one in (found[0], found[-1])]
    assert ends[0] < ends[1] and found[0].stages[0].width < found[-1].stages[0].width


def test_the_networks_of_a_ladder_differ_in_its_dimension_alone(small_space: SearchSpace, drawn: list[Drawn]) -> None:
    ladders: dict[str, list[Architecture]] = defaultdict(list)
    for one in drawn:
        ladders[one.group].append(one.architecture)
    for name in ("kernel", "dilation", "width", "expansion"):
        rungs = ladders[f"{name}-0"]
        for one in rungs[1:]:
            assert differing(small_space, rungs[0], one) == {name}
    for one, two in zip(ladders["depth-0"], ladders["depth-0"][1:], strict=False):
        for short, long in zip(one.stages, two.stages, strict=True):
            assert long.blocks[: len(short.blocks)] == short.blocks
            assert short.width == long.width
    for other in ladders["mixer-0"][1:]:
        for stage, base in zip(other.stages, ladders["mixer-0"][0].stages, strict=True):
            for block, beside in zip(stage.blocks, base.blocks, strict=True):
                assert (block.gate, block.channel_mixer, block.norm) == (beside.gate, beside.channel_mixer, beside.norm)


def test_a_ladder_climbs_from_the_smallest_setting_to_the_largest(tiny_space: SearchSpace) -> None:
    base = tiny_space.largest()
    widths = ladder(tiny_space, base, "width", 3)
    assert [tuple(stage.width for stage in one.stages) for one in widths] == [(8, 16), (8, 24), (16, 24)]
    kernels = [
        [b.mixer["kernel"] for s in one.stages for b in s.blocks] for one in ladder(tiny_space, base, "kernel", 3)
    ]
    assert kernels[0] == [3, 3, 3] and kernels[-1] == [7, 3, 3]  # the second stage is 4 pixels wide
    assert [sum(len(s.blocks) for s in one.stages) for one in ladder(tiny_space, base, "depth", 3)] == [1, 2, 3]
    second = ladder(tiny_space, tiny_space.smallest(), "depth", 2)[-1].stages[1].blocks
    assert len(second) == 2 and second[0] == second[1]
    mixers = [{b.mixer.op for s in one.stages for b in s.blocks} for one in ladder(tiny_space, base, "mixer", 5)]
    assert mixers[0] == {"dw_conv"} and mixers[-1] == {"identity"}


@pytest.mark.parametrize("name", [*list_spaces(), str(TINY)])
def test_every_space_has_ladders_in_all_its_dimensions(name: str) -> None:
    space = load_space(name, resolution=32)
    rng = np.random.default_rng(0)
    dimensions = elastic_dimensions(space)
    assert {"depth", "width"} <= set(dimensions) <= set(DIMENSIONS)
    for dimension in dimensions:
        found = [ladder(space, draw_base(space, dimension, rng), dimension, 3) for _ in range(12)]
        assert all(space.contains(rung) for rungs in found for rung in rungs)
        assert max(map(len, found)) >= 2, f"no ladder along {dimension}"


def test_too_few_networks_are_refused(tiny_space: SearchSpace) -> None:
    with pytest.raises(InputError, match="20 networks are too few for the 6 dimensions of tiny .* at least 24"):
        stratified(tiny_space, 20, 0, size)
    with pytest.raises(InputError, match="too few for the 0 dimensions"):
        stratified(SearchSpace.of(tiny_space.largest()), 3, 0, size)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=20), st.integers(1, 25))
def test_even_picks_are_different_and_hold_an_end(values: list[float], count: int) -> None:
    picked = pick_evenly(values, count)
    assert len(picked) == len(set(picked)) == min(count, len(values))
    assert values[picked[0]] == min(values)
