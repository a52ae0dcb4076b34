"""Sampling, counting, encoding, mutation, crossover: always legal, exact, canonical."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_spaces import Architecture, InputError, SearchSpace, load_space
from search_spaces.architecture import Block
from search_spaces.stage import Shape, StageSpace, join
from tests.conftest import TINY, samples


@pytest.fixture(scope="module")
def enumerable(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    """A space of some hundred networks, with a rule that ties slots and one that names a place."""
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    text = TINY.read_text()
    start, end = text.index("  mixer:"), text.index("rules:")
    block = """  mixer:
    dw_conv: {kernel: [3, 5], dilation: [1, 2]}
    identity: {}
  norm: batch_norm
  gate: {se: {reduction: 4}, none: {}}
  channel_mixer: {mlp: {expansion: [1, 2], activation: gelu, grn: false}}
"""
    rules = "  - mixer == 'dw_conv' or expansion == 2\n  - gate != 'se' or block == 0\n"
    path.write_text(text[:start] + block + text[end:] + rules)
    return load_space(str(path))


def enumerate_space(space: SearchSpace) -> list[Architecture]:
    """Every legal network, by trying each combination of what stands in the file; `contains` decides."""
    found = []
    for resolution in space.resolutions:
        place = space.at(resolution)
        stages = []
        for stage in place.stages:
            shapes = [Shape(*shape) for shape in product(stage.widths, stage.depths, stage.downsamples)]
            stages.append([(shape, b) for shape in shapes for b in _sequences(stage, shape.depth)])
        for choice in product(*stages):
            network = place.assemble(choice)
            if space.contains(network):
                found.append(network)
    return found


def _sequences(stage: StageSpace, depth: int) -> Iterator[tuple[Block, ...]]:
    blocks = [[join([{s: c} for s, c in zip(p, cs, strict=True)]) for cs in product(*p.values())]
              for p in stage.positions[:depth]]  # fmt: skip
    yield from product(*blocks)


def test_cardinality_is_the_number_of_different_networks(enumerable: SearchSpace) -> None:
    networks = enumerate_space(enumerable)
    assert enumerable.cardinality() == len(networks) == len({n.digest for n in networks})
    assert all(enumerable.contains(network) for network in networks)


def test_brute_force_over_genes_finds_the_same_networks(enumerable: SearchSpace) -> None:
    """An independent count: every gene vector is legal or refused, and the legal ones are the space."""
    space = enumerable
    rng = np.random.default_rng(0)
    known = {network.digest for network in enumerate_space(space)}
    found = set()
    for _ in range(3000):
        genes = [int(rng.integers(-1, len(d.choices))) for d in space.dimensions]
        try:
            found.add(space.decode(genes).digest)
        except InputError:
            continue
    assert found and found <= known


def test_rules_hold_in_every_network(enumerable: SearchSpace) -> None:
    for network in enumerate_space(enumerable):
        for stage in network.stages:
            for j, block in enumerate(stage.blocks):
                assert block.mixer.op == "dw_conv" or block.channel_mixer["expansion"] == 2
                assert block.gate.op != "se" or j == 0


def test_sampling_reaches_the_whole_space(enumerable: SearchSpace) -> None:
    rng = np.random.default_rng(0)
    stage = {enumerable.sample(rng).stages[0] for _ in range(2000)}
    assert len(stage) == len({network.stages[0] for network in enumerate_space(enumerable)})


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rate=st.floats(0.01, 1.0), name=st.sampled_from(["tiny", "small"]))
def test_variation_stays_in_the_space(
    seed: int, rate: float, name: str, tiny_space: SearchSpace, small_space: SearchSpace
) -> None:
    space, rng = {"tiny": tiny_space, "small": small_space}[name], np.random.default_rng(seed)
    first, second = space.sample(rng), space.sample(rng)
    mutant = space.mutate(first, rng, rate)
    child = space.crossover(first, second, rng)
    assert mutant != first
    for network in (first, mutant, child, space.smallest(rng)):
        assert space.contains(network)
        assert space.decode(space.encode(network)) == network
        assert Architecture.from_dict(network.to_dict()) == network


def test_crossover_of_a_network_with_itself_is_itself(small_space: SearchSpace) -> None:
    rng = np.random.default_rng(0)
    network = small_space.sample(rng)
    assert small_space.crossover(network, network, rng) == network


def test_equal_seeds_draw_equal_networks(small_space: SearchSpace) -> None:
    draws = [[n.digest for n in samples(small_space, 5, seed=s)] for s in (3, 3, 4)]
    assert draws[0] == draws[1] != draws[2]


def test_inactive_genes_are_minus_one(tiny_space: SearchSpace) -> None:
    smallest = tiny_space.smallest()
    genes = dict(zip([d.name for d in tiny_space.dimensions], tiny_space.encode(smallest), strict=True))
    assert genes["stages[0].blocks[0].mixer"] == -1  # depth 0
    assert genes["stages[1].blocks[0].mixer.dw_conv.kernel"] == -1  # another mixer
    assert genes["stages[1].depth"] >= 0


def test_decode_refuses_what_is_no_network(tiny_space: SearchSpace) -> None:
    genes = tiny_space.encode(tiny_space.largest())
    with pytest.raises(InputError, match="expected .* genes"):
        tiny_space.decode(genes[:-1])
    with pytest.raises(InputError, match="not an index"):
        tiny_space.decode([99, *genes[1:]])
    with pytest.raises(InputError, match="inactive"):
        tiny_space.decode([-1] * len(genes))


def test_a_network_of_another_space_is_not_contained(tiny_space: SearchSpace, small_space: SearchSpace) -> None:
    assert not tiny_space.contains(small_space.largest())
    with pytest.raises(InputError, match="not in the space"):
        tiny_space.encode(small_space.largest())


def test_digest_follows_the_choices_not_the_file(tmp_path: Path, tiny_space: SearchSpace) -> None:
    copy, other = tmp_path / "copy.yaml", tmp_path / "other.yaml"
    copy.write_text("# moved\n" + TINY.read_text().replace("for tests", "again"))
    other.write_text(TINY.read_text().replace("[8, 16]", "[8, 12]"))
    assert load_space(str(copy)).digest == tiny_space.digest != load_space(str(other)).digest


def test_closed_parts_hold_every_network_of_their_sizes(enumerable: SearchSpace) -> None:
    """Against the list of all networks: closed dimensions at the largest, everything else still open."""
    every, largest = enumerate_space(enumerable), enumerable.largest()
    sizes = {
        "depth": lambda network: [len(stage.blocks) for stage in network.stages],
        "width": lambda network: [stage.width for stage in network.stages],
        "expansion": lambda network: {b.channel_mixer["expansion"] for s in network.stages for b in s.blocks},
    }
    for names in (["depth"], ["width"], ["expansion"], ["depth", "width", "expansion"]):
        wanted = [n for n in every if all(sizes[name](n) == sizes[name](largest) for name in names)]
        closed = enumerable.closed(names)  # type: ignore[arg-type]
        assert closed.cardinality() == len(wanted) and all(map(closed.contains, wanted)), names


def test_an_expansion_that_the_rules_need_stays_open(enumerable: SearchSpace, tmp_path: Path) -> None:
    path = tmp_path / "space.yaml"
    text = Path(enumerable.source).read_text()
    path.write_text(text + "ties: {channel_mixer.mlp.expansion: {alternate: [1, 2]}}\n")
    space = load_space(str(path))
    assert space.closed(["expansion"]).cardinality() == space.cardinality()
