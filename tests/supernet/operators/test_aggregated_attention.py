"""Aggregated attention against loops over heads, queries and keys."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.supernet.operators.alone import frozen_operator, maps

HEAD = 8


def bias_of(module, head: int, distance: tuple[float, float], side: int) -> Tensor:
    """The small network applied to one offset."""
    scaled = [d / (side - 1) * 8 for d in distance]
    offset = torch.tensor([math.copysign(math.log2(abs(d) + 1) / 3, d) for d in scaled], dtype=torch.float64)
    return module.position.project(F.relu(module.position.expand(offset)))[head]


def bins(side: int, pooled: int) -> list[range]:
    return [range(i * side // pooled, -(-(i + 1) * side // pooled)) for i in range(pooled)]


def expected(module, x: Tensor, window: int, pool: int) -> Tensor:
    """Return the mixed values [C, side, side] of one image [C, side, side], before the projection."""
    side, out = x.shape[-1], torch.zeros_like(x)
    query = module.query(x[None])[0]
    key, value = (part[0] for part in module.key_value(x[None]))
    reach, cells = window // 2, bins(side, side // pool)
    features = F.gelu(module.pooled.conv(x[None]))[0]
    means = torch.stack([torch.stack([features[:, a][:, :, b].mean((1, 2)) for b in cells]) for a in cells])
    pooled = module.pooled.norm(means.permute(2, 0, 1)[None])
    far_key, far_value = (part[0] for part in module.key_value(pooled))
    for head in range(x.shape[0] // HEAD):
        own = slice(head * HEAD, (head + 1) * HEAD)
        for row in range(side):
            for column in range(side):
                q = F.normalize(query[own, row, column], dim=0)
                near = [
                    (i, j)
                    for i in range(-reach, reach + 1)
                    for j in range(-reach, reach + 1)
                    if 0 <= row + i < side and 0 <= column + j < side
                ]
                length = math.log(len(near) + len(cells) ** 2)
                sharp = (q + module.embedding()[head, 0]) * F.softplus(module.temperature()[head, 0, 0]) * length
                scores = [
                    sharp @ F.normalize(key[own, row + i, column + j], dim=0)
                    + module.window.offsets()[head, i + reach, j + reach]
                    for i, j in near
                ]
                for a, rows in enumerate(cells):
                    for b, columns in enumerate(cells):
                        centre = (rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2
                        offset = (row - centre[0], column - centre[1])
                        cosine = sharp @ F.normalize(far_key[own, a, b], dim=0)
                        scores.append(cosine + bias_of(module, head, offset, side))
                weights = torch.stack(scores).softmax(0)
                total = torch.zeros(HEAD, dtype=torch.float64)
                for (i, j), weight in zip(near, weights, strict=False):
                    tokens = module.window.tokens()[head, :, i + reach, j + reach]
                    learned = q @ tokens + module.window.token_bias()[head, i + reach, j + reach]
                    total += (weight + learned) * value[own, row + i, column + j]
                for k, weight in enumerate(weights[len(near) :]):
                    total += weight * far_value[own, k // len(cells), k % len(cells)]
                out[own, row, column] = total
    return out


@torch.no_grad()
@pytest.mark.parametrize(("side", "window", "pool"), [(6, 3, 2), (7, 3, 3), (6, 5, 3)])
def test_window_and_pooled_keys_share_one_softmax(side: int, window: int, pool: int) -> None:
    module, x = frozen_operator("aggregated_attn", 16, side, window=window, pool=pool, head_width=HEAD), maps(16, side)
    want = torch.stack([expected(module, one, window, pool) for one in x])
    torch.testing.assert_close(module(x), module.project(want))


@torch.no_grad()
def test_all_positions_are_keys_where_nothing_is_pooled() -> None:
    side = 4
    module, x = frozen_operator("aggregated_attn", 16, side, pool=1, head_width=HEAD), maps(16, side)
    query = F.normalize(module.query(x).flatten(2).unflatten(1, (2, HEAD)), dim=2)
    key, value = (part.flatten(2).unflatten(1, (2, HEAD)) for part in module.key_value(x))
    sharp = query + module.embedding().transpose(1, 2)
    sharp = sharp * F.softplus(module.temperature()) * math.log(side * side)
    places = [(i, j) for i in range(side) for j in range(side)]
    bias = torch.stack(
        [
            torch.stack([torch.stack([bias_of(module, h, (a - c, b - d), side) for c, d in places]) for a, b in places])
            for h in range(2)
        ]
    )
    weights = (torch.einsum("nhdl,nhdm->nhlm", sharp, F.normalize(key, dim=2)) + bias).softmax(-1)
    want = torch.einsum("nhlm,nhdm->nhdl", weights, value).flatten(1, 2).unflatten(2, (side, side))
    torch.testing.assert_close(module(x), module.project(want))
