"""Schedules: the order in which a space opens, learning rates by size and by architecture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from search_spaces import Architecture, SearchSpace
from search_spaces.operators import Value
from supernet.training.samplers import Subnet
from supernet.training.schedules.principled_scaling import PrincipledScaling
from supernet.training.schedules.progressive_shrinking import ProgressiveShrinking
from supernet.training.schedules.size_exponents import SizeExponents
from tests.conftest import samples


def size(architecture: Architecture) -> float:
    """A stand-in for MACs."""
    return float(sum(stage.width * (1 + len(stage.blocks)) for stage in architecture.stages))


def free(space: SearchSpace) -> set[str]:
    """The dimensions in which twenty networks of a space differ."""
    networks = samples(space, 20)
    blocks = [[block for stage in network.stages for block in stage.blocks] for network in networks]
    seen = {
        "depth": {tuple(len(stage.blocks) for stage in network.stages) for network in networks},
        "width": {tuple(stage.width for stage in network.stages) for network in networks},
        "expansion": {block.channel_mixer["expansion"] for row in blocks for block in row},
        "kernel": {b.mixer["kernel"] for row in blocks for b in row if b.mixer.op == "dw_conv"},
        "mixer": {block.mixer.op for row in blocks for block in row},
    }
    return {name for name, values in seen.items() if len(values) > 1}


def test_progressive_shrinking_opens_one_dimension_after_the_other(tiny_space: SearchSpace) -> None:
    schedule = ProgressiveShrinking(kernel=0.2, depth=0.4, expansion=0.6, width=0.8)
    assert schedule.opened(tiny_space, 0.19) is None
    open_then = []
    for done in (0.2, 0.4, 0.6, 0.8):
        opened = schedule.opened(tiny_space, done)
        assert opened is not None and opened.largest() == tiny_space.largest()
        assert all(tiny_space.contains(network) for network in samples(opened, 5))
        open_then.append(free(opened))
    assert open_then[0] == {"kernel", "mixer"}
    assert [b - a for a, b in zip(open_then, open_then[1:], strict=False)] == [{"depth"}, {"expansion"}, {"width"}]
    assert schedule.opened(tiny_space, 0.8) is tiny_space


def test_exponents_are_the_ends_for_the_extremes_and_linear_in_log_size_between(tiny_space: SearchSpace) -> None:
    schedule = SizeExponents(smallest=4, largest=0.25)
    small, large = tiny_space.smallest(), tiny_space.largest()
    price = {small: 1e3, large: 1e5}
    middle = next(a for a in samples(tiny_space, 5) if a not in price)
    price[middle] = 1e4  # half of the way from 1e3 to 1e5 in logarithms
    for done in np.linspace(0, 0.99, 12):
        factors = [schedule.factor(Subnet(a), tiny_space, done, price.__getitem__) for a in (small, middle, large)]
        assert factors == pytest.approx([(1 - done) ** e for e in (4, 2.125, 0.25)])


def test_equal_exponents_treat_all_sizes_alike_in_a_space_of_one_size(tiny_space: SearchSpace) -> None:
    alone = SearchSpace.of(tiny_space.largest())
    assert SizeExponents().factor(Subnet(alone.largest()), alone, 0.5, size) == pytest.approx(0.5**0.25)


def with_mixers(architecture: Architecture, **params: Value) -> Architecture:
    def changed(stage):
        blocks = [replace(b, mixer=replace(b.mixer, params=tuple(params.items()))) for b in stage.blocks]
        return replace(stage, blocks=tuple(blocks))

    return replace(architecture, stages=tuple(map(changed, architecture.stages)))


def test_the_rate_falls_with_one_over_kernel_and_depth(tiny_space: SearchSpace) -> None:
    schedule = PrincipledScaling(base_kernel=3)
    large = tiny_space.largest()
    assert {block.mixer.op for stage in large.stages for block in stage.blocks} == {"dw_conv"}
    by_kernel = {
        k: schedule.factor(Subnet(with_mixers(large, kernel=k, dilation=1, bias=False)), tiny_space, 0.5, size)
        for k in (3, 5, 13)
    }
    assert by_kernel[3] / by_kernel[13] == pytest.approx(13 / 3)
    assert by_kernel[3] / by_kernel[5] == pytest.approx(5 / 3)
    # Stem, one downsampling, head; no and one block against one and two.
    assert by_kernel[3] == pytest.approx((6 / 4) ** -1.5)
    assert schedule.factor(Subnet(tiny_space.smallest()), tiny_space, 0.5, size) == 1.0
