"""Costs equal independent counts; tables equal costs; ranges equal brute force."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from predictors import CostTable, price, price_architecture
from predictors.profiling import networks_to_measure
from search_spaces import Architecture, SearchSpace, list_spaces, load_space
from supernet import build, deploy
from tests.conftest import samples


def fvcore_macs(network: nn.Module, x: torch.Tensor) -> int:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(network, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    analysis.set_op_handle("aten::scaled_dot_product_attention", attention_macs)
    products = ("conv", "linear", "matmul", "addmm", "bmm", "scaled_dot_product_attention")
    return int(sum(analysis.by_operator()[op] for op in products))


def attention_macs(inputs: list[Any], outputs: list[Any]) -> int:
    """What fvcore leaves out: queries [..., L, E] x keys [..., S, E], and their weights x values [..., S, F]."""
    query, key, value = (tensor.type().sizes() for tensor in inputs[:3])
    return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


class Products(TorchFunctionMode):
    """Adds up the outputs of everything that multiplies weights or maps with maps."""

    KINDS = (F.conv1d, F.conv2d, F.linear, F.scaled_dot_product_attention, torch.matmul, torch.Tensor.__matmul__)

    def __init__(self) -> None:
        super().__init__()
        self.outputs = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.outputs += out.numel() if func in self.KINDS else 0
        return out


@torch.no_grad()
def check(architecture: Architecture) -> None:
    x = torch.zeros(1, *architecture.input_shape)
    network = build(architecture)
    costs = price_architecture(architecture)
    for form, module in (("train", network), ("deploy", deploy(network))):
        # The counter knows attention only as the matrix products of its plainest form.
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            module(x)
        assert counter.get_total_flops() == 2 * costs[form].macs
        assert fvcore_macs(module, x) == costs[form].macs
        assert sum(p.numel() for p in module.parameters()) == costs[form].params
        with Products() as products:
            module(x)
        assert products.outputs == costs[form].activations


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", list_spaces())
def test_sampled_networks_equal_torch_and_fvcore(name: str) -> None:
    for architecture in samples(load_space(name, scale="small"), 2):
        check(architecture)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_operator_equals_torch_and_fvcore(tiny_space: SearchSpace) -> None:
    networks = networks_to_measure(tiny_space, 8, seed=0)  # they hold every operator
    assert {"pool", "identity", "dilated_reparam", "inception_dw", "dw_conv", "se", "eca"} <= operators(networks)
    for architecture in networks:
        check(architecture)


def operators(networks: Iterable[Architecture]) -> set[str]:
    return set().union(*(network.operators for network in networks))


def test_memory_by_hand() -> None:
    """Two convolutions: the largest moment holds one input and one output."""
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 4, 3, padding=1))
    costs = price(network, (3, 10, 10))
    assert costs.peak_memory_bytes == 4 * 100 * (8 + 4) + 4 * 100 * 3  # the caller keeps the image
    assert costs.weight_bytes == 4 * costs.params == 4 * (3 * 8 * 9 + 8 + 8 * 4 * 9 + 4)
    assert costs.macs == 100 * 9 * (3 * 8 + 8 * 4)


def test_intensity_by_hand() -> None:
    """Two convolutions and what is added to the first one's output in place."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 4, 1, bias=False)
            self.shift = nn.Parameter(torch.zeros(8, 1, 1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.second(self.first(x).add_(self.shift))

    costs = price(Net(), (3, 10, 10))
    first, second = 3 * 8 * 9 + 8, 8 * 4
    assert costs.weight_bytes_read == 4 * (first + 8 + second)
    assert costs.activation_bytes_moved == 4 * 100 * ((3 + 8) + (8 + 8) + (8 + 4))
    assert costs.macs == 100 * (3 * 8 * 9 + 8 * 4)
    assert costs.macs_per_weight_byte == costs.macs / costs.weight_bytes_read
    assert costs.macs_per_activation_byte == costs.macs / costs.activation_bytes_moved


def test_weights_are_read_each_time_they_are_used() -> None:
    layer = nn.Conv2d(4, 4, 1, bias=False)
    costs = price(nn.Sequential(layer, layer, layer), (4, 5, 5))
    assert (costs.weight_bytes, costs.weight_bytes_read) == (4 * 16, 3 * 4 * 16)
    assert costs.macs_per_weight_byte == 25 / 4


def test_a_network_reads_its_weights_once(small_space: SearchSpace) -> None:
    """All but the counters of the BatchNorms, which only training reads."""
    for architecture in samples(small_space, 3):
        network = build(architecture)
        counters = sum(8 for module in network.modules() if isinstance(module, nn.BatchNorm2d))
        costs = price(network, architecture.input_shape)
        assert costs.weight_bytes_read == costs.weight_bytes - counters


def test_nothing_moved_has_no_intensity() -> None:
    costs = price(nn.Identity(), (3, 8, 8))
    assert (costs.macs_per_weight_byte, costs.macs_per_activation_byte) == (0.0, 0.0)


def test_an_operator_without_a_formula_is_never_free() -> None:
    class Bilinear(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return nn.functional.bilinear(x, x, torch.zeros(2, 8, 8))

    with pytest.raises(NotImplementedError, match="_trilinear"):
        price(Bilinear(), (3, 8, 8))


def test_fourier_transforms_are_left_out_by_decision() -> None:
    class Filter(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.fft.irfft2(torch.fft.rfft2(x) * 2, s=x.shape[2:])

    costs = price(Filter(), (3, 8, 8))
    assert (costs.macs, costs.activations) == (0, 0)


@pytest.mark.parametrize("form", ["train", "deploy"])
def test_table_equals_the_priced_network(small_space: SearchSpace, tiny_space: SearchSpace, form: str) -> None:
    for space in (small_space, tiny_space):
        table = CostTable(space, form)
        for architecture in samples(space, 5, seed=1):
            costs = price_architecture(architecture)[form]
            assert table.price(architecture) == {
                "macs": costs.macs,
                "params": costs.params,
                "activations": costs.activations,
            }
