"""Attention over windows, grids, neighbourhoods and routed regions against loops over single positions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from search_spaces.architecture import op_config
from supernet import deploy
from supernet.network import freeze
from supernet.operators import MODULES, Place
from tests.conftest import randomise

Position = tuple[int, int]
WIDTH, HEAD_WIDTH = 24, 8
SIDES = [(12, 12), (7, 7), (8, 8), (13, 9), (5, 11), (1, 10)]


def module_of(op: str, **parameters: Any) -> Any:
    """An elastic operator in float64 with random weights, active in every channel."""
    config = op_config("mixer", {"op": op, "head_width": HEAD_WIDTH, **parameters}, op)
    module = MODULES[op](Place(WIDTH, WIDTH, 1, 12), [config])
    randomise(module)
    module.configure(config, WIDTH, WIDTH)
    return module.double()


def image(sides: Position, count: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, WIDTH, *sides, generator=generator, dtype=torch.float64)


def by_loops(
    module: Any, x: Tensor, keys_of: Callable[[Position], Iterable[Position]], step: Position = (1, 1)
) -> Tensor:
    """Attention of every position to ``keys_of`` it; offsets of the bias count in units of ``step``."""
    query, key, value = module.attend.qkv(x)
    table = module.attend.bias() if getattr(module.attend, "bias", None) is not None else None
    mixed = torch.zeros_like(query)
    for n, row, column in product(range(len(x)), range(x.shape[2]), range(x.shape[3])):
        rows, columns = torch.tensor(list(keys_of((row, column)))).T
        for head in range(WIDTH // HEAD_WIDTH):
            part = slice(head * HEAD_WIDTH, (head + 1) * HEAD_WIDTH)
            scores = query[n, part, row, column] @ key[n, part, rows, columns] / HEAD_WIDTH**0.5
            if table is not None:
                middle = table.shape[-1] // 2
                scores = scores + table[head, middle + (rows - row) // step[0], middle + (columns - column) // step[1]]
            mixed[n, part, row, column] = value[n, part, rows, columns] @ scores.softmax(0)
    return module.project(mixed)


def check(module: Any, x: Tensor, expected: Tensor) -> None:
    """Elastic, frozen and merged forms give the expected map."""
    frozen = freeze(module).double().eval()
    for form in (module.eval(), frozen, deploy(frozen)):
        torch.testing.assert_close(form(x), expected)


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("relative_bias", [True, False])
@torch.no_grad()
def test_block(sides: Position, relative_bias: bool) -> None:
    module = module_of("window_attention", window=4, partition="block", relative_bias=relative_bias)
    every = list(product(range(sides[0]), range(sides[1])))
    x = image(sides)
    expected = by_loops(
        module, x, lambda q: [k for k in every if all(a // 4 == b // 4 for a, b in zip(q, k, strict=True))]
    )
    check(module, x, expected)


@pytest.mark.parametrize("sides", SIDES)
@torch.no_grad()
def test_grid(sides: Position) -> None:
    module = module_of("window_attention", window=4, partition="grid")
    every, step = list(product(range(sides[0]), range(sides[1]))), (-(-sides[0] // 4), -(-sides[1] // 4))
    x = image(sides)

    def same_place(query: Position) -> list[Position]:
        return [k for k in every if all(a % s == b % s for a, b, s in zip(query, k, step, strict=True))]

    check(module, x, by_loops(module, x, same_place, step))


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (5, 1), (3, 2), (3, 3)])
@pytest.mark.parametrize("sides", SIDES[:-1])
@torch.no_grad()
def test_neighborhood(sides: Position, kernel: int, dilation: int) -> None:
    if kernel * dilation > min(sides):
        pytest.skip("beyond the side")
    module = module_of("neighborhood_attention", kernel=kernel, dilation=dilation)
    lines = [[nearest(p, side, kernel, dilation) for p in range(side)] for side in sides]
    x = image(sides, count=1)
    expected = by_loops(module, x, lambda q: product(lines[0][q[0]], lines[1][q[1]]), (dilation, dilation))
    check(module, x, expected)


def nearest(position: int, side: int, kernel: int, dilation: int) -> list[int]:
    """The run of ``kernel`` positions of equal remainder whose middle is nearest to ``position``."""
    line = list(range(position % dilation, side, dilation))
    run_starts = range(len(line) - kernel + 1)
    start = min(run_starts, key=lambda s: abs(line[s + kernel // 2] - position))
    return line[start : start + kernel]


@torch.no_grad()
def test_neighborhood_of_a_sequence_is_along_it() -> None:
    module = module_of("neighborhood_attention", kernel=3, dilation=2)
    x = image((1, 9), count=1)
    expected = by_loops(module, x, lambda q: [(0, c) for c in nearest(q[1], 9, 3, 2)], (1, 2))
    check(module, x, expected)


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize(("regions", "topk"), [(3, 1), (3, 4), (4, 3), (3, 9)])
@torch.no_grad()
def test_routing(sides: Position, regions: int, topk: int) -> None:
    module = module_of("bi_level_routing", regions=regions, topk=topk, value_kernel=3)
    x = image(sides, count=1)
    query, key, value = module.attend.qkv(x)
    extent = tuple(-(-side // regions) for side in sides)
    members: dict[Position, list[Position]] = {}
    for row, column in product(range(sides[0]), range(sides[1])):
        members.setdefault((row // extent[0], column // extent[1]), []).append((row, column))

    def mean(map_: Tensor, region: Position) -> Tensor:
        return torch.stack([map_[0, :, r, c] for r, c in members[region]]).mean(0)

    def chosen(position: Position) -> list[Position]:
        own = mean(query, (position[0] // extent[0], position[1] // extent[1]))
        best = sorted(members, key=lambda region: float(own @ mean(key, region)), reverse=True)[:topk]
        return [member for region in best for member in members[region]]

    weight = module.project.weight[:, :, 0, 0]
    local = torch.einsum("oc,nchw->nohw", weight, module.attend.local(value))
    check(module, x, by_loops(module, x, chosen) + local)


@torch.no_grad()
def test_smaller_windows_read_the_middle_of_the_bias() -> None:
    large, small = (op_config("mixer", {"op": "window_attention", "window": w, "head_width": 8}, "") for w in (5, 3))
    module: Any = MODULES["window_attention"](Place(WIDTH, WIDTH, 1, 12), [large, small])
    module.configure(small, 16, 16)
    torch.testing.assert_close(module.attend.bias(), module.attend.bias.weight[:2, 2:7, 2:7])
    assert {k: v.shape for k, v in freeze(module).state_dict().items()}["attend.bias.weight"] == (2, 5, 5)
