"""Norms with an activation inside, against timm and against their formulas."""

from __future__ import annotations

import pytest
import torch

from supernet.norms import ElasticRepBatchNorm2d, EvoNormB0, EvoNormS0, RepBatchNorm2d, pass_to_batch_norm
from tests.conftest import randomise
from tests.supernet.operators.alone import maps


def deviation(x: torch.Tensor, axes: tuple[int, ...], eps: float) -> torch.Tensor:
    return ((x - x.mean(axes, keepdim=True)).square().mean(axes, keepdim=True) + eps).sqrt()


def per_channel(values: torch.Tensor) -> torch.Tensor:
    return values.view(1, -1, 1, 1)


def test_evonorm_b0_divides_by_the_larger_deviation_and_keeps_running_variance() -> None:
    norm, x = EvoNormB0(6).double().train(), maps(6, 5)
    randomise(norm)
    before = norm.running_var.clone()
    batch, within = deviation(x, (0, 2, 3), 1e-3), deviation(x, (2, 3), 1e-3)
    divisor = torch.maximum(batch, per_channel(norm.v) * x + within)
    torch.testing.assert_close(norm(x), x / divisor * per_channel(norm.weight) + per_channel(norm.bias))
    torch.testing.assert_close(norm.running_var, 0.9 * before + 0.1 * x.var((0, 2, 3)))


@torch.no_grad()
def test_evonorm_b0_uses_the_running_variance_in_evaluation() -> None:
    norm, x = EvoNormB0(6).double().eval(), maps(6, 5)
    randomise(norm)
    running = (per_channel(norm.running_var) + 1e-3).sqrt()
    divisor = torch.maximum(running, per_channel(norm.v) * x + deviation(x, (2, 3), 1e-3))
    torch.testing.assert_close(norm(x), x / divisor * per_channel(norm.weight) + per_channel(norm.bias))


@torch.no_grad()
@pytest.mark.parametrize("groups", [1, 2, 6])
def test_evonorm_s0_is_the_same_for_an_image_alone(groups: int) -> None:
    norm, x = EvoNormS0(6, groups).double(), maps(6, 5)
    randomise(norm)
    grouped = x.view(2, groups, -1)
    divisor = deviation(grouped, (2,), 1e-5).repeat_interleave(6 // groups, 1)[..., None]
    want = x * (per_channel(norm.v) * x).sigmoid() / divisor * per_channel(norm.weight) + per_channel(norm.bias)
    torch.testing.assert_close(norm(x), want)
    torch.testing.assert_close(norm(x[:1]), want[:1])


@torch.no_grad()
def test_rep_bn_is_one_batch_norm() -> None:
    norm, x = RepBatchNorm2d(6).double().eval(), maps(6, 5)
    randomise(norm)
    merged = norm.merged()
    assert type(merged) is torch.nn.BatchNorm2d
    torch.testing.assert_close(merged(x), norm(x))


def test_rep_bn_passes_from_layer_norm_to_batch_norm_in_training() -> None:
    norm, x = ElasticRepBatchNorm2d(8).double(), maps(6, 5)
    randomise(norm)
    norm.channels = 6
    frozen = norm.frozen().double()
    layer = torch.nn.functional.layer_norm(
        x.permute(0, 2, 3, 1), (6,), norm.layer_weight[:6], norm.layer_bias[:6], norm.eps
    ).permute(0, 3, 1, 2)
    batch = frozen.train()(x)
    for done, part in ((0.0, 1.0), (0.25, 0.75), (1.0, 0.0), (2.0, 0.0)):
        pass_to_batch_norm([norm.train()], done)
        torch.testing.assert_close(norm(x), part * layer + (1 - part) * batch)
    pass_to_batch_norm([norm.eval()], 0.0)
    torch.testing.assert_close(norm(x), norm.frozen().double().eval()(x))
