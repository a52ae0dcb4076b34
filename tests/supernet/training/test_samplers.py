"""What each sampler promises about the subnets it draws: fairness, bands of MACs, walks, nested chains, balance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable

import numpy as np
import pytest

from search_spaces import Architecture, InputError, SearchSpace, load_space
from search_spaces.composition import compose
from search_spaces.encoding import values_of
from supernet.training.samplers import Sampler, Step, Subnet
from supernet.training.samplers._bands import TRIES, band_edges, band_of, draw_between
from supernet.training.samplers._draw import tilted
from supernet.training.samplers.attentive import Attentive
from supernet.training.samplers.complexity_walk import ComplexityWalk
from supernet.training.samplers.coverage import Coverage
from supernet.training.samplers.fairnas import FairNAS
from supernet.training.samplers.flops_bins import FlopsBins
from supernet.training.samplers.sandwich import Sandwich
from supernet.training.samplers.sorted_nested import SortedNested


def size(architecture: Architecture) -> float:
    """A stand-in for MACs that every size has a part in."""
    total = 0.0
    for stage in architecture.stages:
        for block in stage.blocks:
            numbers = [v for c in block.slots().values() for _, v in c.params if isinstance(v, int | float)]
            total += stage.width * (stage.width * float(block.channel_mixer["expansion"]) + sum(numbers))
    return total


class Training:
    """Draws step after step with one memory, which passes through JSON as in a checkpoint."""

    def __init__(self, space: SearchSpace, sampler: Sampler, steps: int = 100, seed: int = 0):
        self.space, self.sampler, self.steps, self.seed = space, sampler, steps, seed
        self.index, self.memory = 0, {}
        self.loss: Callable[[Architecture], float] = size

    def step(self) -> Step:
        rng = np.random.default_rng([self.seed, self.index])
        return Step(self.index, self.steps, self.space, rng, size, self.loss, self.memory)

    def next(self) -> list[Subnet]:
        step = self.step()
        subnets = self.sampler.draw(step)
        self.sampler.observe(step, subnets, [self.loss(subnet.architecture) for subnet in subnets])
        self.index, self.memory = self.index + 1, json.loads(json.dumps(self.memory))
        return subnets


def exposures(networks: list[Architecture]) -> dict[Hashable, list]:
    """The values that each choice had, in the order of the networks in which it exists."""
    found: dict[Hashable, list] = {}
    for network in networks:
        for key, value in values_of(network).items():
            found.setdefault(key, []).append(value)
    return found


def test_every_choice_is_used_once_in_each_round(tiny_space: SearchSpace) -> None:
    training = Training(tiny_space, FairNAS())
    steps = [[subnet.architecture for subnet in training.next()] for _ in range(12)]
    assert {len(networks) for networks in steps} == {5}  # there are five mixers, the longest list of all places
    for networks in steps:
        mixers = [network.stages[1].blocks[0].mixer.op for network in networks]
        assert sorted(mixers) == sorted({"dw_conv", "dilated_reparam", "inception_dw", "pool", "identity"})
    values = exposures([network for networks in steps for network in networks])
    for dimension in tiny_space.dimensions:
        # The kernel and dilation of a convolution limit each other on small maps: those rounds are put off.
        if dimension.key[-1] not in ("kernel", "dilation", "band"):
            count, used = len(dimension.choices), values[dimension.key]
            rounds = [used[i : i + count] for i in range(0, len(used) - count + 1, count)]
            assert rounds and all(Counter(r) == Counter(dimension.choices) for r in rounds), dimension.name


def test_fairness_holds_where_rules_take_choices_away(tiny_space: SearchSpace) -> None:
    training = Training(tiny_space, FairNAS())
    values = exposures([subnet.architecture for _ in range(60) for subnet in training.next()])
    for key in ((0, 0, "mixer", "dw_conv", "kernel"), (1, 0, "mixer", "dw_conv", "dilation")):
        counts = Counter(values[key]).values()
        assert max(counts) - min(counts) <= 1, key


def test_a_space_without_choices_is_one_path(tiny_space: SearchSpace) -> None:
    network = tiny_space.largest()
    assert [s.architecture for s in Training(SearchSpace.of(network), FairNAS()).next()] == [network]


def test_the_largest_of_a_sandwich_has_the_first_operators_or_any(tiny_space: SearchSpace) -> None:
    first, largest = tiny_space.largest(), tiny_space.largest().to_dict()
    found = set()
    for any_largest in (False, True):
        training = Training(tiny_space, Sandwich(any_largest=any_largest))
        for _ in range(20):
            subnet = training.next()[0]
            assert subnet.role == "largest"
            assert [(s.width, len(s.blocks)) for s in subnet.architecture.stages] == [
                (s.width, len(s.blocks)) for s in first.stages
            ]
            assert any_largest or subnet.architecture.to_dict() == largest
            found.add(subnet.architecture.stages[0].blocks[0].mixer.op)
    assert found == {"dw_conv", "dilated_reparam", "inception_dw", "pool", "identity"}


def test_mixers_of_every_block_take_turns(tiny_space: SearchSpace) -> None:
    training = Training(tiny_space, Coverage(random=2))
    counted: dict[Hashable, Counter] = {}
    for _ in range(40):
        largest, smallest, *between = training.next()
        assert largest.architecture == tiny_space.largest() and smallest.role == "smallest"
        sizes = [(stage.width, len(stage.blocks)) for stage in smallest.architecture.stages]
        assert sizes == [(stage.width, len(stage.blocks)) for stage in tiny_space.smallest().stages]
        for subnet in (smallest, *between):
            for key, value in values_of(subnet.architecture).items():
                if key[-2:] == ("mixer", "op"):
                    counted.setdefault(key, Counter())[value] += 1
        assert all(max(c.values()) - min(c.values()) <= 1 for c in counted.values() if len(c) == 5)
    assert len(counted) == 3 and all(len(c) == 5 for c in counted.values())


def test_a_choice_that_opens_later_starts_level(tiny_space: SearchSpace) -> None:
    closed, training = SearchSpace.of(tiny_space.largest()), Training(tiny_space, Coverage(random=1))
    training.space = closed
    for _ in range(30):
        training.next()
    training.space = tiny_space
    opened = [s.architecture.stages[1].blocks[0].mixer.op for _ in range(10) for s in training.next()[1:]]
    assert Counter(Counter(opened).values()) == {4: 5}  # the new four have their turns, and no more


@pytest.fixture(scope="module")
def sized_space() -> SearchSpace:
    return load_space("lk_convnet", scale="small", resolution=32, channels=3, classes=10)


def test_bins_come_equally_often_or_rise(sized_space: SearchSpace) -> None:
    for rising, expected in ((False, [15.0] * 4), (True, [6.0, 12.0, 18.0, 24.0])):
        training = Training(sized_space, FlopsBins(bins=4, subnets=60, rising=rising))
        edges = band_edges(training.step(), 4)
        bands = [band_of(size(subnet.architecture), edges) for subnet in training.next()]
        counts = [Counter(bands)[band] for band in sorted(set(bands))]
        assert len(counts) == 4
        np.testing.assert_allclose(counts, expected, atol=4 * np.sqrt(max(expected)))


def test_a_band_that_nothing_reaches_gives_the_nearest_after_a_bounded_search(sized_space: SearchSpace) -> None:
    priced: list[float] = []

    def macs(network: Architecture) -> float:
        priced.append(size(network))
        return priced[-1]

    beyond = 2 * size(sized_space.largest())
    step = Step(0, 1, sized_space, np.random.default_rng(0), macs, size)
    assert size(draw_between(step, beyond, 2 * beyond)) == max(priced) and len(priced) == TRIES


def test_tilt_moves_sizes_and_leaves_operators_alone(sized_space: SearchSpace) -> None:
    def networks(tilt: float) -> list[Architecture]:
        rng = np.random.default_rng(0)
        return [compose(sized_space, tilted(rng, tilt)) for _ in range(30)]

    means = [np.mean([size(network) for network in networks(tilt)]) for tilt in (-2.0, 0.0, 2.0)]
    assert means == sorted(means)
    mixers = {network.stages[0].blocks[0].mixer.op for network in networks(9.0)}
    assert mixers == {"dw_conv", "dilated_reparam", "inception_dw", "pool", "identity"}


def test_attentive_takes_the_best_or_worst_of_its_band(sized_space: SearchSpace) -> None:
    scored: list[tuple[float, Architecture]] = []

    def loss(network: Architecture) -> float:
        scored.append((float(int(network.digest[:8], 16)), network))
        return scored[-1][0]

    for sampler, pick in ((Attentive("best", 2, 3, 6), min), (Attentive("worst", 2, 3, 6), max)):
        training = Training(sized_space, sampler)
        step = training.step()
        edges, scored[:] = band_edges(step, 6), []
        drawn = training.sampler.draw(Step(0, 1, sized_space, step.rng, size, loss))
        assert [subnet.role for subnet in drawn] == ["largest", "smallest", "random", "random"]
        for subnet, candidates in zip(drawn[2:], (scored[:3], scored[3:]), strict=True):
            assert subnet.architecture == pick(candidates, key=lambda entry: entry[0])[1]
            assert len({band_of(size(network), edges) for _, network in candidates}) == 1


def test_a_chain_is_nested_and_its_sizes_are_the_same_in_every_step(tiny_space: SearchSpace) -> None:
    training = Training(tiny_space, SortedNested(levels=5, subnets=5))
    first, second = ([s.architecture for s in training.next()] for _ in range(2))
    for chain in (first, second):
        for small, large in zip(chain, chain[1:], strict=False):
            for stage, wider in zip(small.stages, large.stages, strict=True):
                assert stage.width <= wider.width and len(stage.blocks) <= len(wider.blocks)
                for block, other in zip(stage.blocks, wider.blocks, strict=False):
                    assert block.mixer.op == other.mixer.op and block.gate.op == other.gate.op
                    assert block.channel_mixer["expansion"] <= other.channel_mixer["expansion"]
    assert first != second
    for one, other in zip(first, second, strict=True):
        sizes = [[(stage.width, len(stage.blocks)) for stage in network.stages] for network in (one, other)]
        assert sizes[0] == sizes[1]
    wide, narrow = first[-1].stages, first[0].stages
    assert [s.width for s in wide] == [16, 24] and [s.width for s in narrow] == [8, 16]


def test_a_step_draws_some_levels_in_order_and_all_of_them_in_time(tiny_space: SearchSpace) -> None:
    training = Training(tiny_space, SortedNested(levels=4, subnets=2))
    steps = [training.next() for _ in range(20)]
    assert {len(subnets) for subnets in steps} == {2}
    assert {subnet.role for subnets in steps for subnet in subnets} == {"smallest", "random"}
    with pytest.raises(InputError, match="at most the 4 levels, found 5"):
        SortedNested(levels=4, subnets=5)


def test_a_walk_never_jumps_and_stays_in_its_window(sized_space: SearchSpace) -> None:
    sampler = ComplexityWalk(levels=4, random=1, bank=5)
    training, levels = Training(sized_space, sampler, steps=40), []
    for _ in range(40):
        subnets = training.next()
        levels.append(training.memory["level"])
        low, high = sampler.accepted(training.step(), levels[-1])
        *drawn, smallest = subnets
        assert all(low <= size(subnet.architecture) <= high for subnet in drawn)
        assert smallest.role == "smallest" and size(smallest.architecture) <= low
    assert max(abs(a - b) for a, b in zip(levels, levels[1:], strict=False)) == 1
    assert set(levels) == set(range(4))


def test_a_bank_keeps_the_best_and_drops_the_worst(sized_space: SearchSpace) -> None:
    sampler = ComplexityWalk(levels=1, window=1, random=3, bank=4, reuse=0, growth=0)
    training, losses = Training(sized_space, sampler), {}
    training.loss = lambda network: float(int(network.digest[:6], 16))
    for _ in range(5):
        for subnet in training.next():
            if subnet.role == "random":
                losses[tuple(sized_space.encode(subnet.architecture).tolist())] = training.loss(subnet.architecture)
        bank = training.memory["banks"][0]
        assert [loss for loss, _ in bank] == sorted(losses.values())[:4]
        assert all(losses[tuple(genes)] == loss for loss, genes in bank)


def test_a_network_of_the_bank_has_its_latest_loss_and_low_losses_come_back(sized_space: SearchSpace) -> None:
    sampler = ComplexityWalk(levels=1, window=1, random=40, bank=2, reuse=1, growth=0)
    training = Training(sized_space, sampler)
    step = training.step()
    sampler.draw(step)
    low, high = sampler.accepted(step, 0)
    good, bad = (draw_between(step, low, high) for _ in range(2))
    sampler.observe(step, [Subnet(good), Subnet(bad)], [1.0, 4.0])
    drawn = Counter(subnet.architecture for subnet in sampler.draw(step)[:-1])
    assert set(drawn) <= {good, bad} and drawn[good] > 30
    sampler.observe(step, [Subnet(good)], [5.0])
    assert [loss for loss, _ in step.memory["banks"][0]] == [4.0, 5.0]


def test_banks_survive_a_checkpoint_and_start_anew_when_the_space_opens(
    sized_space: SearchSpace, tiny_space: SearchSpace
) -> None:
    whole = Training(sized_space, ComplexityWalk(levels=3, random=2, bank=5, reuse=0.5))
    for _ in range(6):
        whole.next()
    parts = Training(sized_space, whole.sampler)
    parts.index, parts.memory = whole.index, json.loads(json.dumps(whole.memory))
    assert [parts.next() for _ in range(4)] == [whole.next() for _ in range(4)]
    assert parts.memory == whole.memory and any(parts.memory["banks"])
    parts.space = tiny_space
    parts.sampler.draw(parts.step())
    assert parts.memory["space"] == tiny_space.digest and not any(parts.memory["banks"])
